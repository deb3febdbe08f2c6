import Infold
import Testing
import TextReading

@Suite struct AlphabetTests {
  private let alphabet = Alphabet(["a", "b"])

  /// A tensor in which each step predicts one of the blank, a, b and the space.
  private func steps(_ names: [Int]) throws -> Tensor {
    try Tensor(shape: [1, names.count, 4], names.flatMap { name in (0..<4).map { $0 == name ? 0.75 : 0.25 as Float } })
  }

  @Test(arguments: [
    ([1, 1, 0, 1, 2, 2], "aab"), ([0, 0], ""), ([2, 3, 3, 1], "b a"), ([1, 0, 0, 1], "aa"),
  ])
  func mergesWhatIsNamedTwice(names: [Int], text: String) throws {
    let lines = try alphabet.decode(steps(names))
    #expect(lines.count == 1 && lines[0].text == text)
    #expect(lines[0].confidence == (text.isEmpty ? 0 : 0.75))
  }

  @Test func refusesAnotherAlphabet() throws {
    #expect(throws: InfoldError.self) { try Alphabet(["a"]).decode(steps([1])) }
  }
}

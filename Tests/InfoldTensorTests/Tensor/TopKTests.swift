import InfoldSystem
import InfoldTensor
import Testing

@Suite struct TopKTests {
  private func ranks(_ tensor: Tensor, _ k: Int, axis: Int = -1) throws -> [[Int]] {
    try tensor.topK(k, axis: axis).map { $0.map(\.index) }
  }

  @Test func ranksEachRow() throws {
    let scores = try Tensor(shape: [2, 3], [0.1, 0.7, 0.2, 0.5, 0.1, 0.4] as [Float])
    #expect(try ranks(scores, 2) == [[1, 2], [0, 2]])
    #expect(try ranks(scores, 9, axis: 1) == [[1, 2, 0], [0, 2, 1]])
    #expect(try ranks(scores, 1, axis: 0) == [[1], [0], [1]])
    #expect(try scores.topK(1)[1] == [RankedElement(index: 0, value: 0.5)])
  }

  @Test func ranksInsideOfOtherDimensions() throws {
    let tensor = try Tensor(shape: [2, 2, 2], [1, 8, 3, 4, 5, 6, 7, 2] as [Double])
    #expect(try ranks(tensor, 1, axis: 1) == [[1], [0], [1], [0]])
    #expect(try ranks(tensor, 1, axis: -3) == [[1], [0], [1], [0]])
    #expect(try ranks(Tensor(shape: [1, 3, 1, 1], [1, 3, 2] as [Float]), 2, axis: 1) == [[1, 2]])
  }

  @Test func keepsTheOrderOfEqualOnesAndPutsNaNLast() throws {
    #expect(try ranks(Tensor(shape: [4], [1, .nan, 2, 1] as [Float]), 4) == [[2, 0, 3, 1]])
  }

  @Test func takesEmptyTensors() throws {
    #expect(try ranks(Tensor(zeros: [0, 3], of: .float32), 2) == [])
    #expect(try ranks(Tensor(zeros: [2, 0], of: .float32), 2) == [[], []])
    #expect(try ranks(Tensor(shape: [2], [1, 2] as [Float]), 0) == [[]])
  }

  @Test func refusesWhatIsNone() throws {
    let row = try Tensor(shape: [2], [1, 2] as [Float])
    for (tensor, k, axis) in [
      (row, -1, 0), (row, 1, 1), (row, 1, -2), (try Tensor(scalar: Float(1)), 1, -1),
      (try Tensor(shape: [2], [1, 2] as [Int64]), 1, 0),
    ] {
      let error = #expect(throws: InfoldError.self) { _ = try tensor.topK(k, axis: axis) }
      #expect(error?.code == .invalidArgument)
    }
  }
}

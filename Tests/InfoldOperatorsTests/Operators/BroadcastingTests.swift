import InfoldOperators
import InfoldTensor
import Testing

/// Broadcasting loops, compared with a direct computation of every index.
@Suite struct BroadcastingTests {
  @Test(
    arguments: [
      ([2, 3, 4, 5], [2, 3, 4, 5]),
      ([2, 3, 4, 5], []),
      ([1, 1], [2, 3]),
      ([2, 3, 4, 5], [3, 1, 1]),
      ([3, 1, 1], [2, 3, 4, 5]),
      ([2, 3, 4, 5], [2, 1, 4, 1]),
      ([2, 1, 4, 1], [1, 3, 1, 5]),
      ([4, 5], [2, 3, 1, 5]),
      ([2, 3, 1], [7]),
      ([0, 3], [1, 3]),
      ([1], [0]),
      ([], []),
    ] as [([Int], [Int])])
  func pairsTheElements(a: [Int], b: [Int]) throws {
    func numbered(_ shape: [Int], from first: Int64) throws -> Tensor {
      try Tensor(shape: shape, (0..<shape.reduce(1, *)).map { first + Int64($0) })
    }
    let x = try numbered(a, from: 1), y = try numbered(b, from: 1_000)
    let pairs = try Tensor.broadcasting(x, y) { (x: Int64, y: Int64) in x * 1_000_000 + y }
    let shape = try #require(try Shape(a).broadcast(with: Shape(b)).sizes)
    let expected = (0..<shape.reduce(1, *)).map { place in
      Int64(1 + source(of: place, in: shape, a)) * 1_000_000 + Int64(1_000 + source(of: place, in: shape, b))
    }
    #expect(pairs == (try Tensor(shape: shape, expected)))
  }

  /// The index of the element of an operand with the sizes `operand` that is repeated at index `place` of `shape`.
  private func source(of place: Int, in shape: [Int], _ operand: [Int]) -> Int {
    var rest = place, stride = 1, result = 0
    for (back, size) in shape.reversed().enumerated() {
      let index = rest % size
      rest /= size
      guard back < operand.count else { continue }
      let own = operand[operand.count - 1 - back]
      if own > 1 { result += index * stride }
      stride *= own
    }
    return result
  }

  @Test func joinsDimensionsIntoLongRows() throws {
    #expect(try Broadcasting([[2, 3, 4, 5], [2, 3, 4, 5]]).rowCount == 120)
    #expect(try Broadcasting([[2, 3, 4, 5], []]).rowCount == 120)
    #expect(try Broadcasting([[2, 3, 4, 5], [3, 1, 1]]).rowCount == 20)
  }
}

import InfoldTensor
import TestSupport
import Testing

@Suite struct TopKTests {
  private func indices(_ tensor: Tensor, _ k: Int, axis: Int = -1) throws -> [[Int]] {
    try tensor.topK(k, axis: axis).map { $0.map(\.index) }
  }

  /// Each image of a batch has its own classes.
  @Test func rows() throws {
    let scores = try Tensor(shape: [2, 4], [0.1, 0.4, 0.2, 0.3, 8, 5, 6, 7] as [Float])
    #expect(try indices(scores, 2) == [[1, 3], [0, 3]])
    #expect(try indices(scores, 2, axis: 1) == [[1, 3], [0, 3]])
    #expect(try indices(scores, 1, axis: 0) == [[1], [1], [1], [1]])
    #expect(try scores.topK(1)[1][0].value == 8)
    #expect(try indices(scores, 9) == [[1, 3, 2, 0], [0, 3, 2, 1]])
    #expect(try indices(scores, 0) == [[], []])
  }

  @Test func anAxisInTheMiddle() throws {
    let tensor = try Tensor(shape: [2, 3, 2], [1, 9, 3, 8, 2, 7, 4, 4, 6, 4, 5, 5] as [Double])
    #expect(try indices(tensor, 2, axis: 1) == [[1, 2], [0, 1], [1, 2], [2, 0]])
    #expect(try indices(tensor, 2, axis: -2) == indices(tensor, 2, axis: 1))
  }

  @Test func equalOnesAndNaN() throws {
    let tensor = try Tensor(shape: [5], [1, .nan, 2, 1, 2] as [Float])
    #expect(try indices(tensor, 5) == [[2, 4, 0, 3, 1]])
  }

  @Test func refusals() throws {
    let tensor = try Tensor(zeros: [2, 3], of: .float32)
    #expect(try errorCode { _ = try tensor.topK(-1) } == .invalidArgument)
    #expect(try errorCode { _ = try tensor.topK(1, axis: 2) } == .invalidArgument)
    #expect(try errorCode { _ = try tensor.topK(1, axis: -3) } == .invalidArgument)
    #expect(try errorCode { _ = try Tensor(scalar: 1 as Float).topK(1) } == .invalidArgument)
    #expect(try errorCode { _ = try Tensor(zeros: [2], of: .int64).topK(1) } == .invalidArgument)
    #expect(try Tensor(zeros: [2, 0], of: .float32).topK(1) == [[], []])
  }
}

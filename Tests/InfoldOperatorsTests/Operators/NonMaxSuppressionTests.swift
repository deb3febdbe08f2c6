import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct NonMaxSuppressionTests {
  /// Three boxes. The second overlaps the first with an intersection over union of 1/2; the third overlaps neither.
  private static let corners: [Float] = [0, 0, 2, 1, 0, 0, 1, 1, 5, 5, 6, 6]

  private func suppress(
    _ boxes: [Float] = corners, _ scores: [Float] = [0.5, 0.9, 0.7], limit: Int64? = 10, overlap: Float? = 0.4,
    score: Float? = nil, attributes: AttributeList = [:], opset: Int = 11
  ) throws -> [Int64]? {
    let y = try evaluate(
      "NonMaxSuppression", opset: opset, attributes: attributes,
      [
        Tensor(shape: [1, boxes.count / 4, 4], boxes), Tensor(shape: [1, 1, scores.count], scores),
        limit.map { try Tensor(scalar: $0) }, overlap.map { try Tensor(shape: [1], [$0]) },
        score.map { try Tensor(scalar: $0) },
      ])
    #expect(y[0]?.shape.last == 3)
    return try y[0]?.elements(as: Int64.self)
  }

  @Test(arguments: [10, 11]) func selectsTheBestFirst(opset: Int) throws {
    #expect(try suppress(opset: opset) == [0, 0, 1, 0, 0, 2])
    #expect(try suppress(overlap: 0.5, opset: opset) == [0, 0, 1, 0, 0, 2, 0, 0, 0])
  }

  @Test func limitsTheNumberAndTheScore() throws {
    #expect(try suppress(limit: 1) == [0, 0, 1])
    #expect(try suppress(limit: nil) == [])
    #expect(try suppress(limit: -1) == [])
    #expect(try suppress(score: 0.7) == [0, 0, 1])
  }

  @Test func takesCornersInAnyOrderAndCenters() throws {
    #expect(try suppress([2, 1, 0, 0, 1, 0, 0, 1, 6, 6, 5, 5]) == [0, 0, 1, 0, 0, 2])
    let centers: [Float] = [0.5, 1, 1, 2, 0.5, 0.5, 1, 1, 5.5, 5.5, 1, 1]
    #expect(try suppress(centers, attributes: ["center_point_box": .int(1)]) == [0, 0, 1, 0, 0, 2])
  }

  @Test func prefersTheLowerIndexAndSkipsNaN() throws {
    #expect(try suppress(Self.corners, [0.9, 0.9, 0.9]) == [0, 0, 0, 0, 0, 2])
    #expect(try suppress(Self.corners, [0.5, .nan, 0.7]) == [0, 0, 2, 0, 0, 0])
  }

  @Test func treatsBatchesAndClassesApart() throws {
    let boxes = try Tensor(shape: [2, 1, 4], [0, 0, 1, 1, 0, 0, 1, 1] as [Float])
    let scores = try Tensor(shape: [2, 2, 1], [0.1, 0.2, 0.3, 0.4] as [Float])
    let y = try evaluate("NonMaxSuppression", opset: 11, [boxes, scores, Tensor.list(1)])
    #expect(y[0] == (try Tensor(shape: [4, 3], [0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 0] as [Int64])))
  }

  @Test func selectsNothingFromNothing() throws {
    #expect(try suppress([], []) == [])
  }

  @Test func knowsTheShapeBeforehand() throws {
    let types = [TensorType(.float32, ["N", "K", 4]), TensorType(.float32, ["N", 2, "K"])]
    #expect(try infer("NonMaxSuppression", opset: 11, types) == [TensorType(.int64, [.unknown, 3])])
  }

  @Test func refuses() throws {
    #expect(try errorCode { _ = try suppress(overlap: 1.5) } == .invalidModel)
    #expect(try errorCode { _ = try suppress(overlap: .nan) } == .invalidModel)
    #expect(try errorCode { _ = try suppress(attributes: ["center_point_box": .int(2)]) } == .invalidModel)
    #expect(try errorCode { _ = try suppress(Self.corners, [1]) } == .invalidModel)
    let boxes = try Tensor.counting([1, 1, 5]), scores = try Tensor.counting([1, 1, 1])
    #expect(try errorCode { _ = try evaluate("NonMaxSuppression", opset: 11, [boxes, scores]) } == .invalidModel)
    #expect(try errorCode { _ = try evaluate("NonMaxSuppression", opset: 11, [scores, scores]) } == .invalidModel)
    let box = try Tensor.counting([1, 1, 4])
    let code = try errorCode { _ = try evaluate("NonMaxSuppression", opset: 11, [box, scores, .list(1, 2)]) }
    #expect(code == .invalidModel)
  }
}

import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct LayerNormalizationTests {
  private func normalize(
    _ inputs: [Tensor?], _ attributes: AttributeList = [:], outputs: Int = 3,
    precision: EvaluationContext.Precision = .declared
  ) throws -> [Tensor?] {
    var attributes = attributes
    if attributes["epsilon"] == nil { attributes["epsilon"] = .float(0) }
    return try evaluate(
      "LayerNormalization", opset: 17, attributes: attributes, inputs, outputs: outputs, precision: precision)
  }

  /// [2, 2, 2]: rows 0 2 | 4 12 || 1 1 | 3 3, whose means are 1, 8, 1, 3 and deviations 1, 4, 0, 0.
  private let x: Tensor

  init() throws {
    x = try Tensor(shape: [2, 2, 2], [0, 2, 4, 12, 1, 1, 3, 3] as [Double])
  }

  @Test func normalizesTheLastAxis() throws {
    let scale = try Tensor(shape: [2], [2, 3] as [Double]), bias = try Tensor(scalar: 1.0)
    let y = try normalize([x, scale, bias], ["epsilon": .float(0.25)])
    let near = 1 / 1.25.squareRoot(), far = 4 / 16.25.squareRoot()
    let expected = [1 - 2 * near, 1 + 3 * near, 1 - 2 * far, 1 + 3 * far, 1, 1, 1, 1]
    for (a, b) in zip(try #require(try y[0]?.elements(as: Double.self)), expected) { #expect(abs(a - b) < 1e-14) }
    #expect(try y[1] == Tensor(shape: [2, 2, 1], [1, 8, 1, 3] as [Float]))
    #expect(try y[2] == Tensor(shape: [2, 2, 1], [Float(near), Float(far / 4), 2, 2]))
  }

  @Test(arguments: [0, 1, -2, -3] as [Int64]) func normalizesFromAnAxisOn(axis: Int64) throws {
    let y = try normalize([x, Tensor(scalar: 1.0)], ["axis": .int(axis)], precision: .double)
    let mean: [Double] = try #require(try y[1]?.elements()), inverse: [Double] = try #require(try y[2]?.elements())
    if axis == 0 || axis == -3 {
      #expect(y[1]?.shape == [1, 1, 1])
      #expect(mean == [3.25])
      // Σx² = 184, so that the variance is 23 − 3.25² = 12.4375.
      #expect(abs(inverse[0] - 1 / 12.4375.squareRoot()) < 1e-15)
    } else {
      #expect(y[1]?.shape == [2, 1, 1])
      #expect(mean == [4.5, 2])
      #expect(abs(inverse[0] - 1 / 20.75.squareRoot()) < 1e-15 && inverse[1] == 1)
    }
    let normalized: [Double] = try #require(try y[0]?.elements())
    for index in normalized.indices {
      let group = index / (8 / mean.count)
      let expected = try (x.elements(as: Double.self)[index] - mean[group]) * inverse[group]
      #expect(abs(normalized[index] - expected) < 1e-14)
    }
  }

  @Test func stashesInTheTypeThatIsNamed() throws {
    let half = try Tensor(shape: [1, 2], [1, 1.0078125] as [Float16]), one = try Tensor(scalar: Float16(1))
    for (stash, type) in [(1, ElementType.float32), (16, .bfloat16)] {
      let y = try normalize([half, one], ["stash_type": .int(Int64(stash))])
      #expect(y.map { $0?.elementType } == [.float16, type, type])
      #expect(try y[0]?.elements(as: Float16.self) == [-1, 1])
    }
    for stash in [0, 10, 11, Int64.max] {
      #expect(try errorCode { _ = try normalize([half, one], ["stash_type": .int(stash)]) } == .invalidModel)
    }
  }

  @Test func leavesOutputsOutAndAcceptsEmptyTensors() throws {
    #expect(try normalize([x, Tensor(scalar: 1.0), nil], outputs: 1).count == 1)
    let empty = try normalize([Tensor(zeros: [2, 0], of: .float32), Tensor(scalar: Float(1))])
    #expect(empty.map { $0?.shape } == [[2, 0], [2, 1], [2, 1]])
    #expect(try empty[1]?.elements(as: Float.self).allSatisfy(\.isNaN) == true)
    #expect(try normalize([Tensor(zeros: [0, 2], of: .float32), Tensor(scalar: Float(1))])[1]?.shape == [0, 1])
  }

  @Test func keepsSymbols() throws {
    let x = TensorType(.float16, ["N", "T", 8]), scale = TensorType(.float16, [8])
    #expect(
      try infer("LayerNormalization", opset: 17, [x, scale], outputs: 3)
        == [x, TensorType(.float32, ["N", "T", 1]), TensorType(.float32, ["N", "T", 1])])
    #expect(
      try infer("LayerNormalization", opset: 17, [TensorType(.float16, nil), scale], outputs: 2).map(\.shape) == [
        nil, nil,
      ])
  }

  @Test func refusesWhatDoesNotFit() throws {
    #expect(try errorCode { _ = try normalize([x, Tensor(zeros: [3], of: .float64)]) } == .invalidModel)
    #expect(try errorCode { _ = try normalize([x, Tensor(zeros: [1, 1, 1, 2], of: .float64)]) } == .invalidModel)
    #expect(try errorCode { _ = try normalize([x, Tensor(scalar: 1.0), .counting([3])]) } == .invalidModel)
    #expect(try errorCode { _ = try normalize([x, Tensor(scalar: 1.0)], ["axis": .int(3)]) } == .invalidModel)
    #expect(try errorCode { _ = try normalize([Tensor(scalar: 1.0), Tensor(scalar: 1.0)]) } == .invalidModel)
    #expect(
      try errorCode { _ = try normalize([Tensor(zeros: [2], of: .int32), Tensor(zeros: [2], of: .int32)]) }
        == .unsupported)
  }
}

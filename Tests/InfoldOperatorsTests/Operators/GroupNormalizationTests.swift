import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// GroupNormalization, LpNormalization, MeanVarianceNormalization and RMSNormalization.
@Suite struct GroupNormalizationTests {
  @Test func scalesChannels() throws {
    let y = try evaluate(
      "GroupNormalization", opset: 21, attributes: ["num_groups": .int(1), "epsilon": .float(0)],
      [
        Tensor(shape: [2, 2, 1, 1], [1, 3, 5, 5.5] as [Double]), Tensor(shape: [2], [1, 2.0]),
        Tensor(shape: [2], [0, 1.0]),
      ])
    #expect(y[0] == (try Tensor(shape: [2, 2, 1, 1], [-1, 3, -1, 3.0])))
  }

  @Test func refusesGroupsThatDoNotFit() throws {
    let x = TensorType(.float32, ["N", 6, "H"])
    func code(_ groups: Int64, _ scale: Int, opset: Int = 21) throws -> InfoldError.Code? {
      let scale = TensorType(.float32, [.fixed(scale)])
      return try errorCode {
        _ = try infer("GroupNormalization", opset: opset, attributes: ["num_groups": .int(groups)], [x, scale, scale])
      }
    }
    #expect(try code(2, 6) == nil)
    #expect(try code(4, 6) == .invalidModel)
    #expect(try code(0, 6) == .invalidModel)
    #expect(try code(2, 2) == .invalidModel)
    #expect(try code(2, 2, opset: 18) == nil)
    #expect(try code(2, 6, opset: 18) == .invalidModel)
    let type = try errorCode {
      _ = try infer(
        "GroupNormalization", opset: 21, attributes: ["num_groups": .int(2), "stash_type": .int(7)],
        [x, TensorType(.float32, [6]), TensorType(.float32, [6])])
    }
    #expect(type == .invalidModel)
  }

  @Test func givesZeroWhereTheNormIsZero() throws {
    let x = try Tensor(shape: [2, 2], [0, 3, 0, 4] as [Float])
    let y = try evaluate("LpNormalization", opset: 22, attributes: ["axis": .int(0)], [x])
    #expect(y[0] == (try Tensor(shape: [2, 2], [0, 0.6, 0, 0.8] as [Float])))
    let code = try errorCode { _ = try evaluate("LpNormalization", opset: 22, attributes: ["p": .int(3)], [x]) }
    #expect(code == .invalidModel)
  }

  @Test func normalizesConstantsToZero() throws {
    let y = try evaluate(
      "MeanVarianceNormalization", opset: 13, attributes: ["axes": .ints([-1])],
      [Tensor(shape: [1, 2], [5, 5] as [Float16])])
    #expect(y[0] == (try Tensor(shape: [1, 2], [0, 0] as [Float16])))
    #expect(
      try errorCode { _ = try infer("MeanVarianceNormalization", opset: 13, [TensorType(.float32, [2, 2])]) }
        == .invalidModel)
    #expect(
      try evaluate(
        "MeanVarianceNormalization", opset: 13, attributes: ["axes": .ints([0])], [Tensor(zeros: [0, 2], of: .float32)]
      )[0]?.shape == [0, 2])
  }

  @Test func givesTheScaleItsType() throws {
    let x = try Tensor(shape: [1, 2], [3, 4] as [Float])
    let y = try evaluate(
      "RMSNormalization", opset: 23, attributes: ["epsilon": .float(0)],
      [x, Tensor(shape: [], [(12.5 as Double).squareRoot()])])
    #expect(try y[0]?.elements(as: Double.self).map { ($0 * 1e6).rounded() / 1e6 } == [3, 4])
  }
}

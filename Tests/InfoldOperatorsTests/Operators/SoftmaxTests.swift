import Foundation
import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct SoftmaxTests {
  /// Rows of exp: 1 3 | 1 1 || 9 1 | 3 3, as [2, 2, 2].
  private let x: Tensor

  init() throws {
    x = try Tensor(shape: [2, 2, 2], ([1, 3, 1, 1, 9, 1, 3, 3] as [Double]).map { log($0) })
  }

  private func softmax(opset: Int, axis: Int64?) throws -> [Double] {
    let attributes: AttributeList = axis.map { ["axis": .int($0)] } ?? [:]
    let y: [Double] = try #require(try evaluate("Softmax", opset: opset, attributes: attributes, [x])[0]).elements()
    let logarithms: [Double] = try #require(
      try evaluate("LogSoftmax", opset: opset, attributes: attributes, [x])[0]
    ).elements()
    for (value, logarithm) in zip(y, logarithms) { #expect(abs(exp(logarithm) - value) < 1e-15) }
    return y
  }

  private func expect(_ actual: [Double], _ expected: [Double]) {
    #expect(actual.count == expected.count)
    for (a, b) in zip(actual, expected) { #expect(abs(a - b) < 1e-15, "\(actual)") }
  }

  @Test(arguments: [1, 11]) func flattensBeforeOpset13(opset: Int) throws {
    let sixths = [1, 3, 1, 1].map { $0 / 6.0 } + [9, 1, 3, 3].map { $0 / 16.0 }
    expect(try softmax(opset: opset, axis: nil), sixths)
    expect(try softmax(opset: opset, axis: 1), sixths)
    expect(try softmax(opset: opset, axis: -2), sixths)
    expect(try softmax(opset: opset, axis: 0), [1, 3, 1, 1, 9, 1, 3, 3].map { $0 / 22 })
  }

  /// Before opset 13, the default axis is 1, which does not exist in one dimension.
  @Test(arguments: [1, 11]) func takesTheOnlyDimensionByDefault(opset: Int) throws {
    let x = try Tensor(shape: [3], [0, log(2), log(5)] as [Double])
    let y: [Double] = try #require(try evaluate("Softmax", opset: opset, [x])[0]).elements()
    expect(y, [0.125, 0.25, 0.625])
    let logarithms: [Double] = try #require(try evaluate("LogSoftmax", opset: opset, [x])[0]).elements()
    expect(logarithms.map { exp($0) }, [0.125, 0.25, 0.625])
    #expect(try evaluate("Hardmax", opset: opset, [x])[0]?.elements(as: Double.self) == [0, 0, 1])
    for opType in ["Softmax", "LogSoftmax", "Hardmax"] {
      #expect(try errorCode { _ = try evaluate(opType, opset: opset, [.counting([])]) } == .invalidModel)
      #expect(
        try errorCode { _ = try evaluate(opType, opset: opset, attributes: ["axis": .int(1)], [x]) } == .invalidModel)
    }
  }

  @Test func takesOneAxisSinceOpset13() throws {
    let last = [0.25, 0.75, 0.5, 0.5, 0.9, 0.1, 0.5, 0.5]
    expect(try softmax(opset: 13, axis: nil), last)
    expect(try softmax(opset: 13, axis: 2), last)
    expect(try softmax(opset: 13, axis: 1), [0.5, 0.75, 0.5, 0.25, 0.75, 0.25, 0.25, 0.75])
    expect(try softmax(opset: 13, axis: -3), [0.1, 0.75, 0.25, 0.25, 0.9, 0.25, 0.75, 0.75])
  }

  @Test(arguments: ["Softmax", "LogSoftmax"]) func survivesLargeNumbersAndEmptyTensors(opType: String) throws {
    let large = try Tensor(shape: [1, 2], [1e30, 1e30] as [Float])
    let expected: Float = opType == "Softmax" ? 0.5 : -log(2 as Float)
    #expect(try evaluate(opType, opset: 13, [large])[0]?.elements(as: Float.self) == [expected, expected])
    #expect(try evaluate(opType, opset: 13, [Tensor(zeros: [2, 0], of: .float16)])[0]?.shape == [2, 0])
    #expect(try evaluate(opType, opset: 11, [Tensor(zeros: [0, 2], of: .bfloat16)])[0]?.shape == [0, 2])
  }

  @Test(arguments: ["Softmax", "LogSoftmax"]) func keepsSymbolsAndRefusesAxesThatAreNone(opType: String) throws {
    let type = TensorType(.float32, ["N", 10])
    #expect(try infer(opType, opset: 13, [type]) == [type])
    for (opset, axis, shape) in [(13, 2, [1, 1]), (11, -3, [1, 1]), (1, 1, [1]), (13, -1, [])] {
      #expect(
        try errorCode {
          _ = try evaluate(opType, opset: opset, attributes: ["axis": .int(Int64(axis))], [.counting(shape)])
        } == .invalidModel)
    }
    #expect(
      try errorCode { _ = try evaluate(opType, opset: 13, attributes: ["axis": .int(.max)], [.counting([2])]) }
        == .invalidModel)
    #expect(
      try errorCode { _ = try evaluate(opType, opset: 13, attributes: ["axis": .int(.min)], [.counting([2])]) }
        == .invalidModel)
    #expect(try errorCode { _ = try evaluate(opType, opset: 13, [Tensor(zeros: [1], of: .int32)]) } == .unsupported)
  }
}

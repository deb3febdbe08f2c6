import InfoldConformance
import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Quantized operators of random sizes against what ONNX Runtime makes of them (`tools/record-quantized.py`).
@Suite struct QuantizedSweepTests {
  private static let cases: [String] = {
    let found = (try? ConformanceCase.find(in: repositoryFolder + "/Tests/Recorded/quantized")) ?? []
    return found.map(\.path)
  }()

  @Test func isComplete() { #expect(Self.cases.count == 54) }

  /// By kernels, the very numbers, of which the standard leaves one free: whether the factor of a requantization is rounded to float32
  /// before it is multiplied, as ONNX Runtime and the kernels do it. By their definition, in double precision, sums that lie nearly in the
  /// middle of two numbers may be rounded to the other one: 11 of 6,000 are here.
  @Test(arguments: cases, KernelChoice.names)
  func hasTheNumbersOfONNXRuntime(path: String, kernels: String) throws {
    let testCase = ConformanceCase(path: path)
    let model = try Model(path: testCase.model, operators: .standard)
    let inputs = try testCase.inputs(of: model)
    for optimizes in [true, false] {
      let session = try Session(
        model, options: SessionOptions(threads: 1, optimize: optimizes), kernelsNamed: kernels)
      var results: [Tensor] = []
      try session.run(inputs, into: &results)
      for (index, result) in results.enumerated() {
        let expected = try TensorFile(path: "\(path)/test_data_set_0/output_\(index).pb").tensor
        #expect(result.elementType == expected.elementType && result.shape == expected.shape)
        let isByKernels = optimizes && model.graph.nodes.contains { $0.opType == "QLinearConv" }
        if isByKernels || !["QLinearConv", "QLinearMatMul"].contains(model.graph.nodes[0].opType) {
          #expect(result == expected)
          continue
        }
        let differences = zip(try result.numbers(), try expected.numbers()).map { abs($0 - $1) }
        #expect(differences.allSatisfy { $0 <= 1 })
        #expect(differences.count { $0 > 0 } <= 1 + differences.count / 100)
      }
    }
  }
}

extension Tensor {
  fileprivate func numbers() throws -> [Double] {
    try elementType.isFloatingPoint ? widened().elements() : cast(to: .float64).elements()
  }
}

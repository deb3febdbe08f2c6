import InfoldConformance
import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Quantized operators of random sizes, compared with recorded results of ONNX Runtime (`tools/record-quantized.py`).
@Suite struct QuantizedSweepTests {
  private static let cases: [String] = {
    let found = (try? ConformanceCase.find(in: repositoryFolder + "/Tests/Recorded/quantized")) ?? []
    return found.map(\.path)
  }()

  @Test func isComplete() { #expect(Self.cases.count == 54) }

  /// With kernels, the results are identical, although the standard leaves one detail open: whether the factor of a requantization is
  /// rounded to float32 before the multiplication, as ONNX Runtime and the kernels do. With the reference evaluation, in double precision,
  /// sums that are almost halfway between two integers may be rounded to the other one: this affects 11 of 6,000 results.
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

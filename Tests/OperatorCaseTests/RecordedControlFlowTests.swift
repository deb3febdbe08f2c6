import InfoldConformance
import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// If and Loop, compared with recorded results of ONNX Runtime (`tools/record-control-flow.py`).
@Suite struct RecordedControlFlowTests {
  private static let cases: [String] = {
    let found = (try? ConformanceCase.find(in: repositoryFolder + "/Tests/Recorded/control-flow")) ?? []
    return found.map(\.path)
  }()

  @Test func isComplete() { #expect(Self.cases.count == 12) }

  @Test(arguments: cases) func hasTheResultsOfONNXRuntime(path: String) throws {
    let testCase = ConformanceCase(path: path)
    let model = try Model(path: testCase.model, operators: .standard)
    for results in try testCase.resultsInEveryWay(model) {
      for (index, result) in results.enumerated() {
        let expected = try TensorFile(path: "\(path)/test_data_set_0/output_\(index).pb").tensor
        #expect(result.shape == expected.shape)
        let pairs = zip(
          try result.cast(to: .float64).elements(as: Double.self),
          try expected.cast(to: .float64).elements(as: Double.self))
        #expect(pairs.allSatisfy { abs($0 - $1) <= 1e-5 * max(1, abs($1)) })
      }
    }
  }
}

import InfoldConformance
import Synchronization

/// The outcomes of the cases, each run once for all tests.
enum Outcomes {
  private struct Key: Hashable {
    var operatorCase: OperatorCase
    var configuration: Configuration
  }

  private static let known = Mutex<[Key: ConformanceCase.Outcome]>([:])

  static func outcome(of operatorCase: OperatorCase, _ configuration: Configuration) -> ConformanceCase.Outcome {
    let key = Key(operatorCase: operatorCase, configuration: configuration)
    if let outcome = known.withLock({ $0[key] }) { return outcome }
    let outcome = operatorCase.testCase.run(configuration.options)
    known.withLock { $0[key] = outcome }
    return outcome
  }
}

import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldRuntime
import InfoldSystem
import InfoldTensor

extension ConformanceCase {
  /// The operators of which a session computes a node by the reference evaluation, and not by kernels, with inputs like those of the
  /// first data set.
  /// - Returns: Names as `operators()` has them.
  /// - Throws: `InfoldError` for a case that cannot be run.
  public func operatorsWithoutKernels() throws(InfoldError) -> Set<String> {
    let model = try Model(path: model, operators: .standard)
    let session = try Session(model, options: SessionOptions(threads: 1))
    let given = Dictionary(
      zip(session.inputs.map(\.name), try inputs(of: model)), uniquingKeysWith: { first, _ in first })
    // What is planned in the run has been planned then.
    _ = try session.run(given)
    return Self.referenceOperations(try session.planDescription(for: given.mapValues(\.shape)).parts)
  }

  private static func referenceOperations(_ parts: [PlanDescription.Part]) -> Set<String> {
    var found: Set<String> = []
    for step in parts.flatMap(\.steps) {
      if step.algorithm == PlanDescription.referenceAlgorithm { found.insert(step.operation) }
      found.formUnion(referenceOperations(step.bodies))
    }
    return found
  }
}

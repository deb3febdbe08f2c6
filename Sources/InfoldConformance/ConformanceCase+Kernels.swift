import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldRuntime
import InfoldSystem
import InfoldTensor

extension ConformanceCase {
  /// The operators that a session computes with the reference evaluation instead of kernels, for
  /// inputs like those of the first data set.
  /// - Returns: Names like those of `operators()`.
  /// - Throws: `InfoldError` if the case cannot be run.
  public func operatorsWithoutKernels() throws(InfoldError) -> Set<String> {
    let model = try Model(path: model, operators: .standard)
    let session = try Session(model, options: SessionOptions(threads: 1))
    let given = Dictionary(
      zip(session.inputs.map(\.name), try inputs(of: model)), uniquingKeysWith: { first, _ in first })
    // After a run, the parts that are planned at run time have plans too.
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

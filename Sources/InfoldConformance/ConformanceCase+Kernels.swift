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
    let shapes = Dictionary(
      zip(session.inputs.map(\.name), try inputs(of: model).map(\.shape)), uniquingKeysWith: { first, _ in first })
    let steps = try session.planDescription(for: shapes).parts.flatMap(\.steps)
    return Set(steps.filter { $0.algorithm == "reference" }.map(\.operation))
  }
}

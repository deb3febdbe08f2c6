import InfoldGraph

/// The result of preparing a model, before any run. Other sessions of the same model reuse it, so
/// that weights are in memory only once.
final class Preparation: Sendable {
  /// The graph, prepared as far as dynamic dimensions allow; `nil` if `fixedPlan` suffices.
  let graph: Graph?
  /// The checks for each combination of input shapes, made before passes changed the graph.
  let checks: ShapeChecks?
  /// The only plan of a model with fixed input shapes.
  let fixedPlan: RunPlan?
  /// The constants in the packed formats of kernels.
  let packed: PackedConstants

  init(graph: Graph?, checks: ShapeChecks?, fixedPlan: RunPlan?, packed: PackedConstants) {
    self.graph = graph
    self.checks = checks
    self.fixedPlan = fixedPlan
    self.packed = packed
  }

  /// Returns a key of the options that sessions must share to reuse a preparation.
  static func key(_ options: SessionOptions, kernels: KernelChoice) -> String {
    // The fastest implementation depends on the number of threads.
    let tuning = options.tuning.map { "\($0) \(String(describing: options.threads))" } ?? ""
    return
      "\(options.optimize) \(options.foldBatchNormalization) \(options.precision.rawValue) \(options.resolvedSubnormals) \(options.resolvedNarrowTypes) "
      + "\(kernels.name) \(kernels.machine.usesUnitWherePossible) \(kernels.machine.secondLevelCache) \(tuning)"
  }
}

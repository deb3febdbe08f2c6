import InfoldGraph

/// What a session has made of a model before any run. Other sessions of the same model begin with it, so that weights are in memory
/// once.
final class Preparation: Sendable {
  /// The graph, prepared as far as open shapes allow; `nil` where `fixedPlan` is all that is needed.
  let graph: Graph?
  /// What every combination of shapes is checked with, before the passes make the graph another one.
  let checks: ShapeChecks?
  /// The only plan of a model whose input shapes are all fixed.
  let fixedPlan: RunPlan?
  /// The constants in the kernels' own form.
  let packed: PackedConstants

  init(graph: Graph?, checks: ShapeChecks?, fixedPlan: RunPlan?, packed: PackedConstants) {
    self.graph = graph
    self.checks = checks
    self.fixedPlan = fixedPlan
    self.packed = packed
  }

  /// What sessions must have in common to begin with the same preparation.
  static func key(_ options: SessionOptions, kernels: KernelChoice) -> String {
    // What is the fastest depends on the threads.
    let tuning = options.tuning.map { "\($0) \(String(describing: options.threads))" } ?? ""
    return
      "\(options.optimize) \(options.foldBatchNormalization) \(options.precision.rawValue) \(options.resolvedNarrowTypes) "
      + "\(kernels.products.name) \(kernels.machine.secondLevelCache) \(tuning)"
  }
}

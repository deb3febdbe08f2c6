import Glibc
import InfoldGraph
import InfoldKernelInterface
import InfoldPasses

/// Makes the plans of a session, which share their packed constants and working memory.
struct PlanFactory: Sendable {
  /// What a graph goes through before it is planned.
  let passes: OptimizationPipeline
  /// The working memory of all plans.
  let arenas = ArenaPool()

  /// What plans compute with.
  let kernels: any KernelSet.Type
  /// The number of threads that a run may use.
  let workers: Int

  private let options: SessionOptions
  private let packed: PackedConstants

  /// - Parameter isForOneGraph: Whether all plans are made while the same graph keeps all constants.
  init(_ options: SessionOptions, kernels: any KernelSet.Type, isForOneGraph: Bool) {
    self.options = options
    self.kernels = kernels
    workers = options.threads ?? min(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1024)
    packed = PackedConstants(keepsSources: !isForOneGraph)
    passes =
      options.optimize
      ? OptimizationPipeline(foldsBatchNormalization: options.foldBatchNormalization)
      : OptimizationPipeline([InlineBodies()])
  }

  /// The plan of a graph that has gone through the passes.
  /// - Throws: `InfoldError` with `.unsupported` for what cannot be run, `.limitExceeded` for values that no memory can hold.
  func plan(_ graph: Graph) throws(InfoldError) -> Plan {
    try graph.requireAddressableValues()
    return try Plan(graph, kernels: kernels, options: options, workers: workers, packed: packed, arenas: arenas)
  }
}

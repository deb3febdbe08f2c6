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

  /// Who is told of plans and runs.
  let observer: (any SessionObserver)?

  private let options: SessionOptions
  private let packed: PackedConstants

  /// - Parameter isForOneGraph: Whether all plans are made while the same graph keeps all constants.
  init(
    _ options: SessionOptions, kernels: any KernelSet.Type, isForOneGraph: Bool, observer: (any SessionObserver)?
  ) {
    self.options = options
    self.observer = observer
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
    let begin = MonotonicClock.nanoseconds()
    let shapes = observer.map { _ in graph.inputs.map { graph[$0].type?.shape?.sizes ?? [] } }
    let plan = try Plan(
      graph, kernels: kernels, options: options, workers: workers, packed: packed, arenas: arenas,
      layerObserver: observer.flatMap { $0.observesLayers ? $0 : nil })
    if let observer, let shapes {
      observer.didPlan(
        PlanSummary(inputShapes: shapes, layerCount: plan.steps.count, workingByteCount: plan.arenaByteCount),
        during: begin..<MonotonicClock.nanoseconds())
    }
    return plan
  }
}

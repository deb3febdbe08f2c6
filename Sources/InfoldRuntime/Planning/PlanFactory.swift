import InfoldGraph
import InfoldKernelInterface
import InfoldPasses
import InfoldSystem

/// Makes the plans of a session. The plans share packed constants and working memory.
struct PlanFactory: Sendable {
  /// The passes that a graph goes through before it is planned.
  private var passes: OptimizationPipeline
  /// The working memory of all plans.
  let arenas: ArenaPool
  /// The memory budget that all allocations for plans count toward.
  let budget: MemoryBudget

  /// The kernels of the plans.
  let kernels: KernelChoice
  /// The number of threads that a run may use.
  let workers: Int

  /// Receives reports about plans and runs.
  private(set) var observer: (any SessionObserver)?
  /// Tuning results; `nil` without tuning.
  let tuning: TuningCache?

  private let options: SessionOptions
  let packed: PackedConstants
  /// The floating-point mode of the threads of a run.
  let arithmetic: Arithmetic
  /// The plans for single images.
  let imagePlans = ImagePlans()
  /// The number of threads that share a step.
  private(set) var sharers: Int
  /// The number of bodies that contain the graph being planned.
  private(set) var depth = 0

  /// - Parameters:
  ///   - packed: Constants that other sessions of the same model have packed.
  ///   - timer: Replaces the time measurements of tuning.
  /// - Throws: `InfoldError.Code.invalidArgument` if the number of threads is out of range.
  init(
    _ options: SessionOptions, kernels: KernelChoice, observer: (any SessionObserver)?, packed: PackedConstants,
    timer: StepTimer? = nil
  ) throws(InfoldError) {
    self.options = options
    self.observer = observer
    self.kernels = kernels
    budget = MemoryBudget(limit: options.memoryLimit, within: options.sharedMemoryLimit?.budget)
    arenas = ArenaPool(budget: budget)
    workers = try ThreadCount.chosen(options)
    sharers = workers
    self.packed = packed
    tuning = options.optimize ? options.tuning.map { TuningCache($0, kernels, timer: timer) } : nil
    arithmetic = Arithmetic(options.resolvedSubnormals)
    passes = options.passes
  }

  /// Prepares a model as far as dynamic dimensions allow, or makes its only plan if all input
  /// shapes are fixed.
  ///
  /// - Parameter known: The preparation by another session of the same model.
  /// - Throws: `InfoldError.Code.unsupported` if the model cannot run;
  ///   `InfoldError.Code.limitExceeded` if preparation exceeds the memory or time limit.
  func prepared(
    _ graph: consuming Graph, isFixed: Bool, as known: Preparation?
  ) throws(InfoldError) -> Preparation {
    let begin = MonotonicClock.nanoseconds()
    var graph = Optional(consume graph)
    let shapes = isFixed && observer != nil ? graph!.inputs.map { graph![$0].type!.shape!.sizes! } : []
    return try limitingTime { () throws(InfoldError) in
      if let known {
        let plan = try known.fixedPlan.map { plan throws(InfoldError) in try plan.copy(for: self) }
        if let plan { reportPlan(plan, shapes, since: begin) }
        return Preparation(graph: known.graph, checks: known.checks, fixedPlan: plan, packed: packed)
      }
      graph = try PreparedModel(graph: graph.take()!).graph
      let checks = isFixed ? nil : ShapeChecks(graph!)
      graph = try optimized(graph.take()!)
      guard isFixed else { return Preparation(graph: graph.take(), checks: checks, fixedPlan: nil, packed: packed) }
      let plan = try runPlan(graph.take()!)
      reportPlan(plan, shapes, since: begin)
      return Preparation(graph: nil, checks: nil, fixedPlan: plan, packed: packed)
    }
  }

  private func limitingTime<Output>(_ body: () throws(InfoldError) -> Output) throws(InfoldError) -> Output {
    guard let limit = options.timeLimit else { return try body() }
    return try Deadline(after: limit).limiting(body)
  }

  /// Reports to the observer that a plan was made for inputs of these shapes.
  func reportPlan(_ plan: RunPlan, _ shapes: [[Int]], since begin: UInt64) {
    observer?.didPlan(
      PlanSummary(
        inputShapes: shapes, layerCount: plan.steps.count, workingByteCount: plan.workingByteCount(workers: workers)),
      during: begin..<MonotonicClock.nanoseconds())
  }

  /// Returns the optimized graph.
  func optimized(_ graph: consuming Graph) throws(InfoldError) -> Graph {
    try budget.charging(consume graph) { (graph: consuming Graph) throws(InfoldError) in
      try passes.run(on: consume graph)
    }
  }

  /// Whether passes and kernels may be used.
  var optimizes: Bool { options.optimize }

  /// The accuracy that kernels must have.
  var precision: SessionOptions.Precision { options.precision }

  /// The matrix unit that kernels may use. A unit treats subnormal numbers as zero, so none is used
  /// if these are kept.
  var matrixUnit: MatrixUnit? {
    options.resolvedSubnormals == .flushed ? MatrixUnit(kernels.matrixUnit, precision) : nil
  }

  /// The observer, if it observes layers.
  var layerObserver: (any SessionObserver)? { observer.flatMap { $0.observesLayers ? $0 : nil } }

  /// A factory for the bodies of a graph.
  var inBody: PlanFactory {
    var inner = self
    inner.depth += 1
    inner.passes = options.passes(inBody: true)
    return inner
  }

  /// Returns a factory for steps shared by `sharers` threads.
  func sharing(among sharers: Int) -> PlanFactory {
    var factory = self
    factory.sharers = sharers
    return factory
  }

  /// A factory for runs that are not reported to the observer.
  var unobserved: PlanFactory {
    var silent = self
    silent.observer = nil
    return silent
  }

  /// Keeps arenas between runs that are large enough for these plans, but no larger ones.
  func keepArenas(for plans: [RunPlan]) {
    arenas.setLimit(plans.reduce(0) { max($0, $1.workingByteCount(workers: workers)) })
  }

  /// The nesting depth of bodies and regions at which no further regions are formed. A region
  /// contains another one if sizes differ from what inference assumed. Each level processes the
  /// rest of the graph and uses stack space.
  private static let regionDepthLimit = 8

  /// Plans an optimized graph.
  ///
  /// - Throws: `InfoldError.Code.unsupported` if the graph cannot run;
  ///   `InfoldError.Code.limitExceeded` if the plan exceeds the memory limit.
  func plan(_ graph: consuming Graph) throws(InfoldError) -> Plan {
    try budget.charging(consume graph) { (graph: consuming Graph) throws(InfoldError) in
      // Kernels rely on the types of constants.
      try graph.typeConstants()
      if optimizes, depth < Self.regionDepthLimit { graph = try graph.outliningDataDependentRegions() }
      let largest = try graph.requireAddressableValues(limit: budget.limit)
      // The shapes in bodies may change with every iteration, so bodies are not measured.
      if let tuning, depth == 0 { return try Tuner.plan(graph, for: self, tuning, largestByteCount: largest) }
      return try plan(consume graph, tuningResults: tuning?.tuningResults, largestByteCount: largest)
    }
  }

  /// Plans a graph that has been checked, using tuning results if there are any.
  func plan(_ graph: consuming Graph, tuningResults: TuningResults?, largestByteCount: Int) throws(InfoldError) -> Plan
  {
    let plan = try Plan(consume graph, for: self, tuningResults: tuningResults, largestByteCount: largestByteCount)
    try plan.requireRoom(in: self)
    return plan
  }

  /// Plans a body whose inputs have types. Operators can reject the body before passes remove them,
  /// except for dead nodes, which are removed first.
  ///
  /// - Throws: The errors of `plan(_:)`; the error of an operator, with the name of its node.
  func bodyPlan(_ body: Graph) throws(InfoldError) -> Plan {
    let graph = try ([RemoveDeadCode()] + OptimizationPipeline.asWritten.passes).run(on: body)
    try graph.requireNoOpaqueNodes()
    return try plan(optimized(graph))
  }
}

import InfoldGraph
import InfoldKernelInterface
import InfoldPasses
import InfoldSystem

/// Makes the plans of a session, which share their packed constants and working memory.
struct PlanFactory: Sendable {
  /// What a graph goes through before it is planned.
  private var passes: OptimizationPipeline
  /// The working memory of all plans.
  let arenas: ArenaPool
  /// What everything that plans take counts in.
  let budget: MemoryBudget

  /// What plans compute with.
  let kernels: KernelChoice
  /// The number of threads that a run may use.
  let workers: Int

  /// Who is told of plans and runs.
  private(set) var observer: (any SessionObserver)?
  /// What was measured of the ways to compute; `nil` without tuning.
  let tuning: TuningCache?

  private let options: SessionOptions
  let packed: PackedConstants
  /// How the threads of a run compute.
  let arithmetic: Arithmetic
  /// The plans for one image.
  let imagePlans = ImagePlans()
  /// The number of threads that share a step.
  private(set) var sharers: Int
  /// How many bodies the graph lies in that is planned.
  private(set) var depth = 0

  /// - Parameters:
  ///   - packed: The constants that others have packed of the same model.
  ///   - timer: What takes the place of the times that tuning measures.
  /// - Throws: `InfoldError` with `.invalidArgument` for a number of threads that is not allowed.
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

  /// A model, prepared as far as open shapes allow, or with its only plan where all are fixed.
  /// - Parameter known: What another session of the same model has prepared.
  /// - Throws: `InfoldError` with `.unsupported` for what cannot be run; `.limitExceeded` for what takes too much memory or time.
  func prepared(
    _ graph: consuming Graph, isFixed: Bool, as known: Preparation?
  ) throws(InfoldError) -> Preparation {
    let begin = MonotonicClock.nanoseconds()
    var graph = Optional(consume graph)
    let shapes = isFixed && observer != nil ? graph!.inputs.map { graph![$0].type!.shape!.sizes! } : []
    return try limitingTime { () throws(InfoldError) in
      if let known {
        let plan = try known.fixedPlan.map { plan throws(InfoldError) in try plan.copy(for: self) }
        if let plan { tell(of: plan, shapes, since: begin) }
        return Preparation(graph: known.graph, checks: known.checks, fixedPlan: plan, packed: packed)
      }
      graph = try PreparedModel(graph: graph.take()!).graph
      let checks = isFixed ? nil : ShapeChecks(graph!)
      graph = try optimized(graph.take()!)
      guard isFixed else { return Preparation(graph: graph.take(), checks: checks, fixedPlan: nil, packed: packed) }
      let plan = try runPlan(graph.take()!)
      tell(of: plan, shapes, since: begin)
      return Preparation(graph: nil, checks: nil, fixedPlan: plan, packed: packed)
    }
  }

  private func limitingTime<Output>(_ body: () throws(InfoldError) -> Output) throws(InfoldError) -> Output {
    guard let limit = options.timeLimit else { return try body() }
    return try Deadline(after: limit).limiting(body)
  }

  /// Tells the observer that a plan was made for inputs of these shapes.
  func tell(of plan: RunPlan, _ shapes: [[Int]], since begin: UInt64) {
    observer?.didPlan(
      PlanSummary(
        inputShapes: shapes, layerCount: plan.steps.count, workingByteCount: plan.workingByteCount(workers: workers)),
      during: begin..<MonotonicClock.nanoseconds())
  }

  /// What the passes make of a graph.
  func optimized(_ graph: consuming Graph) throws(InfoldError) -> Graph {
    try budget.charging(consume graph) { (graph: consuming Graph) throws(InfoldError) in
      try passes.run(on: consume graph)
    }
  }

  /// Whether passes and kernels may be used.
  var optimizes: Bool { options.optimize }

  /// What kernels may cost in accuracy.
  var precision: SessionOptions.Precision { options.precision }

  /// Who is told of every step that has run.
  var layerObserver: (any SessionObserver)? { observer.flatMap { $0.observesLayers ? $0 : nil } }

  /// The same for the bodies of a graph.
  var inBody: PlanFactory {
    var inner = self
    inner.depth += 1
    inner.passes = options.passes(inBody: true)
    return inner
  }

  /// The same for steps that so many threads share.
  func sharing(among sharers: Int) -> PlanFactory {
    var factory = self
    factory.sharers = sharers
    return factory
  }

  /// The same for runs that nobody is told of.
  var unobserved: PlanFactory {
    var silent = self
    silent.observer = nil
    return silent
  }

  /// Keeps arenas between runs that are large enough for these plans, and no larger ones.
  func keepArenas(for plans: [RunPlan]) {
    arenas.setLimit(plans.reduce(0) { max($0, $1.workingByteCount(workers: workers)) })
  }

  /// The depth in bodies and regions from which on there are no further regions. In a region another one is found where sizes were not
  /// what inference had supposed, and so on; each goes through all that is left of the graph, and takes its part of the stack.
  private static let regionDepthLimit = 8

  /// The plan of a graph that has gone through the passes.
  /// - Throws: `InfoldError` with `.unsupported` for what cannot be run, `.limitExceeded` for what does not fit into memory.
  func plan(_ graph: consuming Graph) throws(InfoldError) -> Plan {
    try budget.charging(consume graph) { (graph: consuming Graph) throws(InfoldError) in
      // Kernels trust the types of constants.
      try graph.typeConstants()
      if optimizes, depth < Self.regionDepthLimit { graph = try graph.outliningDataDependentRegions() }
      let largest = try graph.requireAddressableValues(limit: budget.limit)
      // The shapes in bodies may change with every trip.
      if let tuning, depth == 0 { return try Tuner.plan(graph, for: self, tuning, largestByteCount: largest) }
      return try plan(consume graph, answers: tuning?.answers, largestByteCount: largest)
    }
  }

  /// The plan of a graph that has been checked, by what is known of the ways to compute.
  func plan(_ graph: consuming Graph, answers: Answers?, largestByteCount: Int) throws(InfoldError) -> Plan {
    let plan = try Plan(consume graph, for: self, answers: answers, largestByteCount: largestByteCount)
    try plan.requireRoom(in: self)
    return plan
  }

  /// The plan of a body, whose inputs have types. What its operators refuse is refused before passes may take them away, but for those
  /// that nothing needs.
  /// - Throws: As `plan(_:)`; the error of an operator, naming its node.
  func bodyPlan(_ body: Graph) throws(InfoldError) -> Plan {
    let graph = try ([RemoveDeadCode()] + OptimizationPipeline.asWritten.passes).run(on: body)
    try graph.requireNoOpaqueNodes()
    return try plan(optimized(graph))
  }
}

import InfoldGraph
import InfoldPasses
import InfoldSystem
import InfoldTensor
import Synchronization

/// A model that is ready to run.
///
/// Any number of tasks may run it at once. Results are bit-identical from run to run. For a model whose input shapes are open,
/// a plan is made for every combination of shapes that a run brings, and the latest are kept.
public final class Session: Sendable {
  /// What a run takes, in the model's order.
  public let inputs: [ValueInfo]
  /// What a run returns, in the model's order.
  public let outputs: [ValueInfo]
  /// The options that the session was made with.
  public let options: SessionOptions

  /// What the model declares that cannot be true. Some of it is found when the model is read, some only by a run, of which the first
  /// with each combination of input shapes looks for it. Behind it, that what `SessionOptions.tuning` has measured cannot be kept.
  public var warnings: [ModelWarning] { told.withLock { $0.warnings } + (factory.tuning?.warnings ?? []) }

  private let told: Mutex<ReportedWarnings>
  let interface: ModelInterface
  private let preparation: Preparation
  let factory: PlanFactory
  /// The shapes of the inputs, where all are fixed.
  private let fixedShapes: [[Int]]
  private let plans: SharedPlanCache

  /// The file that the model was read from.
  var file: String? { interface.file }

  /// Prepares `model` for running.
  /// - Parameters:
  ///   - model: The model, best handed over: then its weights are folded where they are.
  ///   - options: How it runs.
  ///   - observer: Who is told of plans, runs and layers.
  /// - Throws: `InfoldError` with one of these codes:
  ///   - `.unsupported`, listing all of them at once, when the model has nodes that Infold cannot run;
  ///   - `.invalidArgument` for a number of threads below 1 or above 1024, in the options or in the environment; for a plan cache or a
  ///     memory limit below 1; for a time limit that is not above 0, or below 0 for tuning; for a graph that was edited and no longer fits together; and for
  ///     kernels that the environment forces and that are not there;
  ///   - `.limitExceeded` when the memory limit, the machine's memory, or the time limit is too small.
  public convenience init(
    _ model: consuming Model, options: SessionOptions = SessionOptions(), observer: (any SessionObserver)? = nil
  ) throws(InfoldError) {
    try self.init(consume model, options: options, kernelsNamed: KernelChoice.forcedName, observer: observer)
  }

  /// Prepares `model` for running with the kernels of this name, or the best ones.
  /// - Parameters:
  ///   - secondLevelCache: The bytes of the second-level cache that plans suppose; `nil` for what the machine reports.
  ///   - timer: What takes the place of the times that tuning measures.
  package init(
    _ model: consuming Model, options: SessionOptions, kernelsNamed name: String?, secondLevelCache: Int? = nil,
    timer: StepTimer? = nil, observer: (any SessionObserver)? = nil
  ) throws(InfoldError) {
    guard options.planCacheSize >= 1 else {
      throw InfoldError(
        .invalidArgument, "the size of the plan cache is \(options.planCacheSize), and must be at least 1")
    }
    if let limit = options.memoryLimit, limit < 1 {
      throw InfoldError(.invalidArgument, "the memory limit is \(limit) bytes, and must be at least 1")
    }
    if let limit = options.timeLimit, limit <= .zero {
      throw InfoldError(.invalidArgument, "the time limit is \(limit), and must be more than 0")
    }
    if let limit = options.tuning?.timeLimit, limit < .zero {
      throw InfoldError(.invalidArgument, "the time limit of the tuning is \(limit), and must be at least 0")
    }
    self.options = options
    let path = model.path
    let derivatives = model.derivatives
    var graph = model.graph
    told = Mutex(ReportedWarnings(model.warnings))
    _ = consume model
    interface = try annotatingErrors({ path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
      try graph.makeConsistent()
      return try ModelInterface(graph, file: path)
    }
    (inputs, outputs) = (interface.inputs, interface.outputs)
    fixedShapes = inputs.compactMap { $0.type?.shape?.sizes }
    let isFixed = fixedShapes.count == inputs.count
    var kernels = try KernelChoice(named: name)
    if let secondLevelCache { kernels.machine.secondLevelCache = secondLevelCache }
    let key = Preparation.key(options, kernels: kernels)
    let known: Preparation? = derivatives.value(key)
    let factory = try PlanFactory(
      options, kernels: kernels, observer: observer, packed: known?.packed ?? PackedConstants(), timer: timer)
    self.factory = factory
    plans = SharedPlanCache(capacity: options.planCacheSize)
    do {
      preparation = try factory.prepared(consume graph, isFixed: isFixed, as: known)
    } catch {
      throw path.map(error.inFile) ?? error
    }
    derivatives.offer(preparation, as: key)
    if let plan = preparation.fixedPlan { factory.keepArenas(for: [plan]) }
  }

  /// Runs the model.
  /// - Parameter inputs: A tensor for each input by its name; those with a default may be left out, and the default's shape
  ///   counts as if it were given.
  /// - Returns: Every output by its name.
  /// - Throws: `InfoldError` with `.invalidArgument` for inputs that do not fit the model; the error of an operator,
  ///   naming its node, for values that it cannot work with; `.cancelled` when the current task is, before the next layer;
  ///   `.limitExceeded` when it takes more memory or time than it may.
  public func run(_ inputs: [String: Tensor]) throws(InfoldError) -> [String: Tensor] {
    try observing { () throws(InfoldError) in try results(inputs, .currentTask) }
  }

  /// Runs a model that has one input, or others only with defaults, and one output.
  /// - Returns: The output.
  /// - Throws: As `run(_:)`; `InfoldError` with `.invalidArgument` for a model with more inputs or outputs.
  public func run(_ input: Tensor) throws(InfoldError) -> Tensor {
    try observing { () throws(InfoldError) in try result(input, .currentTask) }
  }

  /// Runs the model into tensors that the caller owns.
  /// - Parameters:
  ///   - inputs: A tensor for each of `self.inputs`, in that order.
  ///   - outputs: Receives a tensor for each of `self.outputs`, in that order. The memory of a tensor that stands
  ///     there already, has the right shape and element type, and is not shared, may be used again.
  ///
  /// From the second run with inputs of the same shapes on, this allocates nothing, as long as every layer has a kernel and nobody
  /// else holds on to the outputs.
  /// - Throws: As `run(_:)`; the elements of `outputs` may then have changed.
  public func run(_ inputs: [Tensor], into outputs: inout [Tensor]) throws(InfoldError) {
    try observing { () throws(InfoldError) in
      guard inputs.count == self.inputs.count else {
        throw InfoldError(
          .invalidArgument, "the model has \(counted(self.inputs.count, "input")); \(inputs.count) are given")
      }
      try run(all: inputs, into: &outputs, cancellation())
    }
  }

  /// What ends a run that begins now, for the current task.
  func cancellation(_ source: Cancellation.Source = .currentTask) -> Cancellation {
    Cancellation(source, timeLimit: options.timeLimit)
  }

  /// Tells the observer of a run, however it ends.
  /// - Parameter begin: When it began, or was asked for; now by default.
  func observing<Output>(
    since begin: UInt64? = nil, _ run: () throws(InfoldError) -> Output
  ) throws(InfoldError) -> Output {
    let begin = begin ?? (factory.observer == nil ? 0 : MonotonicClock.nanoseconds())
    do {
      let output = try run()
      factory.observer?.didRun(error: nil, during: begin..<MonotonicClock.nanoseconds())
      return output
    } catch {
      let error = file.map(error.inFile) ?? error
      factory.observer?.didRun(error: error, during: begin..<MonotonicClock.nanoseconds())
      throw error
    }
  }

  /// The outputs by their names.
  func results(
    _ inputs: [String: Tensor], _ source: Cancellation.Source
  ) throws(InfoldError) -> [String: Tensor] {
    let cancellation = cancellation(source)
    var results: [Tensor] = []
    try run(all: interface.completed(inputs), into: &results, cancellation)
    return interface.named(results)
  }

  /// The only output for the only input that is needed.
  func result(_ input: Tensor, _ source: Cancellation.Source) throws(InfoldError) -> Tensor {
    try results(interface.named(input), source)[outputs[0].name]!
  }

  /// Runs the model on the tensors of all inputs, in the model's order.
  private func run(
    all tensors: [Tensor], into results: inout [Tensor], _ cancellation: Cancellation
  ) throws(InfoldError) {
    // Shapes that a plan was made for have been checked.
    if let plan = knownPlan(for: tensors) {
      try plan.run(tensors, into: &results, by: factory, cancellation: cancellation)
    } else {
      let symbols = try interface.binding.check(tensors)
      let plan = try plan(for: tensors.map(PlanCache.Input.init), cancellation)
      try plan.run(tensors, into: &results, by: factory, cancellation: cancellation)
      let found = interface.warnings(of: results, symbols)
      if !found.isEmpty { told.withLock { $0.add(found) } }
    }
  }

  /// The plan for these inputs, and the inputs in the model's order.
  func plan(
    forNamed inputs: [String: Tensor], _ cancellation: Cancellation
  ) throws(InfoldError) -> (plan: RunPlan, tensors: [Tensor]) {
    try interface.inFile { () throws(InfoldError) in
      let tensors = try interface.completed(inputs)
      return (try plan(for: tensors.map(PlanCache.Input.init), cancellation), tensors)
    }
  }

  /// The plan that was made for inputs of these shapes, if there is one.
  private func knownPlan(for tensors: [Tensor]) -> RunPlan? {
    let fixedPlan = preparation.fixedPlan
    for index in inputs.indices {
      if let type = inputs[index].type, type.elementType != tensors[index].elementType { return nil }
      if fixedPlan != nil, tensors[index].shape != fixedShapes[index] { return nil }
    }
    return fixedPlan ?? plans.plan(for: tensors)
  }

  /// The plan for these inputs.
  /// - Parameter graph: What passes have made of the graph for them, where somebody has it.
  func plan(
    for inputs: [PlanCache.Input], _ cancellation: Cancellation, of graph: Graph? = nil
  ) throws(InfoldError) -> RunPlan {
    if let plan = preparation.fixedPlan { return plan }
    var begin: UInt64?
    let plan = try plans.plan(for: inputs, cancellation, inserted: factory.keepArenas) { () throws(InfoldError) in
      begin = MonotonicClock.nanoseconds()
      return try cancellation.interrupting { () throws(InfoldError) in
        let graph = if let graph { graph } else { try boundGraph(inputs)! }
        return try factory.runPlan(graph)
      }
    }
    if let begin { factory.tell(of: plan, inputs.map(\.shape), since: begin) }
    return plan
  }

  /// What passes make of the graph with open shapes for these inputs; `nil` where all are fixed.
  func boundGraph(_ inputs: [PlanCache.Input]) throws(InfoldError) -> Graph? {
    guard let graph = preparation.graph else { return nil }
    var types: [ValueID: TensorType] = [:]
    for (id, input) in zip(graph.inputs, inputs) {
      types[id] = TensorType(input.elementType, Shape(input.shape))
    }
    try preparation.checks?.check(types)
    return try factory.optimized(graph.binding(inputs: types))
  }
}

extension Session: CustomStringConvertible {
  /// One line: the file, the inputs and the outputs.
  public var description: String { "session\(interface)" }
}

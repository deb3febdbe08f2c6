import InfoldGraph
import InfoldPasses
import InfoldSystem
import InfoldTensor
import Synchronization

/// A model prepared to run.
///
/// Any number of tasks may run a session at the same time. Results are bit-identical from run to
/// run. If input shapes are dynamic, the session makes a plan for each combination of shapes that
/// it meets, and keeps the most recently used plans.
public final class Session: Sendable {
  /// The inputs of a run, in the model's order.
  public let inputs: [ValueInfo]
  /// The outputs of a run, in the model's order.
  public let outputs: [ValueInfo]
  /// The options of the session.
  public let options: SessionOptions

  /// Wrong declarations in the model. Some are found when the model is read; others by the first
  /// run with each combination of input shapes. Warnings of `SessionOptions.tuning` come last, for
  /// example about results that could not be stored.
  public var warnings: [ModelWarning] { reported.withLock { $0.warnings } + (factory.tuning?.warnings ?? []) }

  private let reported: Mutex<ReportedWarnings>
  let interface: ModelInterface
  private let preparation: Preparation
  let factory: PlanFactory
  /// The shapes of the inputs that have no dynamic dimensions.
  private let fixedShapes: [[Int]]
  private let plans: SharedPlanCache

  /// The path of the model's file.
  var file: String? { interface.file }

  /// Prepares `model` to run.
  ///
  /// - Parameters:
  ///   - model: The model. Pass its only copy if possible: its weights are then folded in place.
  ///   - options: How the session runs the model.
  ///   - observer: Receives reports about plans, runs and layers.
  /// - Throws: `InfoldError` with one of these codes:
  ///   - `.unsupported` if the model has nodes that Infold cannot run; the error lists all of them;
  ///   - `.invalidArgument` if the number of threads is below 1 or above 1024, in the options or in
  ///     the environment; if the size of the plan cache or the memory limit is below 1; if the time
  ///     limit is not above 0, or that of tuning is below 0; if the graph was edited and is no
  ///     longer consistent; or if the environment forces kernels that are not available;
  ///   - `.limitExceeded` if preparation exceeds the memory limit, the machine's memory, or the
  ///     time limit.
  public convenience init(
    _ model: consuming Model, options: SessionOptions = SessionOptions(), observer: (any SessionObserver)? = nil
  ) throws(InfoldError) {
    try self.init(consume model, options: options, kernelsNamed: KernelChoice.forcedName, observer: observer)
  }

  /// Prepares `model` to run with the named kernels, or with the best available ones.
  ///
  /// - Parameters:
  ///   - secondLevelCache: The size of the second-level cache that plans assume, in bytes; `nil`
  ///     for the size that the machine reports.
  ///   - timer: Replaces the time measurements of tuning.
  package init(
    _ model: consuming Model, options: SessionOptions, kernelsNamed name: String?, secondLevelCache: Int? = nil,
    timer: StepTimer? = nil, observer: (any SessionObserver)? = nil
  ) throws(InfoldError) {
    guard options.planCacheSize >= 1 else {
      throw InfoldError(
        .invalidArgument, "the plan cache size is \(options.planCacheSize), but must be at least 1")
    }
    if let limit = options.memoryLimit, limit < 1 {
      throw InfoldError(.invalidArgument, "the memory limit is \(limit) bytes, but must be at least 1")
    }
    if let limit = options.timeLimit, limit <= .zero {
      throw InfoldError(.invalidArgument, "the time limit is \(limit), but must be greater than 0")
    }
    if let limit = options.tuning?.timeLimit, limit < .zero {
      throw InfoldError(.invalidArgument, "the time limit for tuning is \(limit), but must be at least 0")
    }
    self.options = options
    let path = model.path
    let derivatives = model.derivatives
    var graph = model.graph
    reported = Mutex(ReportedWarnings(model.warnings))
    _ = consume model
    interface = try annotatingErrors({ path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
      try graph.makeConsistent()
      return try ModelInterface(graph, file: path)
    }
    (inputs, outputs) = (interface.inputs, interface.outputs)
    fixedShapes = inputs.compactMap { $0.type?.shape?.sizes }
    let isFixed = fixedShapes.count == inputs.count
    var kernels = try KernelChoice(named: name, options)
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
  ///
  /// - Parameter inputs: A tensor for each input by name. Inputs with a default value may be
  ///   omitted; the shape of the default value then counts as if it had been passed.
  /// - Returns: Every output by name.
  /// - Throws: `InfoldError.Code.invalidArgument` if the inputs do not fit the model; the error of
  ///   an operator, with the name of its node, if it rejects the values that it receives;
  ///   `InfoldError.Code.cancelled`, before the next layer, if the current task is cancelled;
  ///   `InfoldError.Code.limitExceeded` if the run exceeds its memory or time limit.
  public func run(_ inputs: [String: Tensor]) throws(InfoldError) -> [String: Tensor] {
    try observing { () throws(InfoldError) in try results(inputs, .currentTask) }
  }

  /// Runs a model with one required input and one output. Further inputs must have default values.
  ///
  /// - Returns: The output.
  /// - Throws: The errors of `run(_:)`; `InfoldError.Code.invalidArgument` if the model has more
  ///   required inputs or more outputs.
  public func run(_ input: Tensor) throws(InfoldError) -> Tensor {
    try observing { () throws(InfoldError) in try result(input, .currentTask) }
  }

  /// Runs the model and writes the results into tensors that the caller owns.
  ///
  /// After the first run with inputs of the same shapes, this method allocates nothing, provided
  /// that every layer has a kernel and the outputs are not shared.
  ///
  /// - Parameters:
  ///   - inputs: A tensor for each of `self.inputs`, in that order.
  ///   - outputs: Receives a tensor for each of `self.outputs`, in that order. The memory of an
  ///     existing element is reused if it has the right shape and element type and is not shared.
  /// - Throws: The errors of `run(_:)`; the elements of `outputs` may then have changed.
  public func run(_ inputs: [Tensor], into outputs: inout [Tensor]) throws(InfoldError) {
    try observing { () throws(InfoldError) in
      guard inputs.count == self.inputs.count else {
        throw InfoldError(
          .invalidArgument,
          "the model has \(counted(self.inputs.count, "input")), but received \(counted(inputs.count, "tensor"))")
      }
      try run(all: inputs, into: &outputs, cancellation())
    }
  }

  /// Returns the cancellation of a run that begins now in the current task.
  func cancellation(_ source: Cancellation.Source = .currentTask) -> Cancellation {
    Cancellation(source, timeLimit: options.timeLimit)
  }

  /// Executes a run and reports its outcome to the observer.
  ///
  /// - Parameter begin: When the run began or was requested; `nil` for now.
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

  /// Returns the outputs by name.
  func results(
    _ inputs: [String: Tensor], _ source: Cancellation.Source
  ) throws(InfoldError) -> [String: Tensor] {
    let cancellation = cancellation(source)
    var results: [Tensor] = []
    try run(all: interface.completed(inputs), into: &results, cancellation)
    return interface.named(results)
  }

  /// Returns the only output for the only required input.
  func result(_ input: Tensor, _ source: Cancellation.Source) throws(InfoldError) -> Tensor {
    try results(interface.named(input), source)[outputs[0].name]!
  }

  /// Runs the model on tensors for all inputs, in the model's order.
  private func run(
    all tensors: [Tensor], into results: inout [Tensor], _ cancellation: Cancellation
  ) throws(InfoldError) {
    // The shapes of a cached plan have been checked.
    if let plan = knownPlan(for: tensors) {
      try plan.run(tensors, into: &results, by: factory, cancellation: cancellation)
    } else {
      let symbols = try interface.binding.check(tensors)
      let plan = try plan(for: tensors.map(PlanCache.Input.init), cancellation)
      try plan.run(tensors, into: &results, by: factory, cancellation: cancellation)
      let found = interface.warnings(of: results, symbols)
      if !found.isEmpty { reported.withLock { $0.add(found) } }
    }
  }

  /// Returns the plan for these inputs, and the inputs in the model's order.
  func plan(
    forNamed inputs: [String: Tensor], _ cancellation: Cancellation
  ) throws(InfoldError) -> (plan: RunPlan, tensors: [Tensor]) {
    try interface.inFile { () throws(InfoldError) in
      let tensors = try interface.completed(inputs)
      return (try plan(for: tensors.map(PlanCache.Input.init), cancellation), tensors)
    }
  }

  /// Returns the existing plan for inputs of these shapes, if there is one.
  private func knownPlan(for tensors: [Tensor]) -> RunPlan? {
    let fixedPlan = preparation.fixedPlan
    for index in inputs.indices {
      if let type = inputs[index].type, type.elementType != tensors[index].elementType { return nil }
      if fixedPlan != nil, tensors[index].shape != fixedShapes[index] { return nil }
    }
    return fixedPlan ?? plans.plan(for: tensors)
  }

  /// Returns the plan for these inputs.
  ///
  /// - Parameter graph: The optimized graph for these inputs, if the caller already has it.
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
    if let begin { factory.reportPlan(plan, inputs.map(\.shape), since: begin) }
    return plan
  }

  /// Returns the optimized graph for inputs of these types and shapes, or `nil` if the model has no
  /// dynamic dimensions.
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
  /// A one-line description with the file, the inputs and the outputs.
  public var description: String { "session\(interface)" }
}

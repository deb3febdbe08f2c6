import InfoldGraph
import InfoldPasses
import InfoldSystem
import InfoldTensor
import Synchronization

/// A model prepared for evaluation by the definitions of its operators. Faster or less precise runs
/// are compared with it.
///
/// It uses one thread and no kernels. In double precision, every floating-point number is a
/// float64, from the inputs and weights to the results.
public final class ReferenceSession: Sendable {
  /// The inputs of a run, in the model's order.
  public let inputs: [ValueInfo]
  /// The outputs of a run, in the model's order.
  public let outputs: [ValueInfo]
  /// Whether floating-point arithmetic uses the model's own types or float64.
  public let precision: EvaluationContext.Precision

  /// Wrong declarations in the model, found when it was read or by a run.
  public var warnings: [ModelWarning] { reported.withLock { $0.warnings } }

  private let interface: ModelInterface
  private let reported: Mutex<ReportedWarnings>
  /// The graph with dynamic dimensions.
  private let graph: Graph
  private let passes: OptimizationPipeline
  private let budget: MemoryBudget
  private let timeLimit: Duration?
  /// The evaluation prepared for the inputs of the latest run.
  private let latest = Mutex<Evaluation?>(nil)

  /// Prepares `model` for evaluation.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - precision: Whether floating-point arithmetic uses the model's own types or float64.
  ///   - optimize: Whether the passes of a session rewrite the model first. Otherwise every node
  ///     that an output depends on is evaluated as written.
  ///   - memoryLimit: The most bytes that widened weights and the tensors of runs may take at a
  ///     time; `nil` for three quarters of the machine's memory.
  ///   - timeLimit: The longest that preparation may take, and later each run; `nil` for no limit.
  /// - Throws: `InfoldError.Code.unsupported` if the model has nodes that Infold cannot run; the
  ///   error lists all of them. `InfoldError.Code.invalidArgument` if the graph was edited and is
  ///   no longer consistent. `InfoldError.Code.limitExceeded` if preparation exceeds the memory or
  ///   time limit.
  public convenience init(
    _ model: consuming Model, precision: EvaluationContext.Precision = .double, optimize: Bool = false,
    memoryLimit: Int? = nil, timeLimit: Duration? = nil
  ) throws(InfoldError) {
    try self.init(
      consume model, prepared: nil, precision: precision,
      passes: optimize ? OptimizationPipeline(narrowTypes: .kept) : .asWritten,
      memoryLimit: memoryLimit, timeLimit: timeLimit)
  }

  /// - Parameter prepared: The graph with dynamic dimensions to evaluate, if the model has been
  ///   prepared already.
  package init(
    _ model: consuming Model, prepared: Graph?, precision: EvaluationContext.Precision,
    passes: OptimizationPipeline = .asWritten, memoryLimit: Int? = nil, timeLimit: Duration? = nil
  ) throws(InfoldError) {
    let budget = memoryLimit.map { MemoryBudget(limit: $0) } ?? .current ?? MemoryBudget()
    reported = Mutex(ReportedWarnings(model.warnings))
    let (path, original) = (model.path, model.graph)
    _ = consume model
    (interface, graph) = try annotatingErrors({ path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
      try Self.limiting(budget, timeLimit) { () throws(InfoldError) in
        var graph = original
        try graph.makeConsistent()
        let interface = try ModelInterface(graph, file: path)
        guard let prepared else { return (interface, try PreparedModel(graph: graph).graph) }
        return (interface, prepared)
      }
    }
    inputs = interface.inputs
    outputs = interface.outputs
    self.precision = precision
    self.passes = passes
    self.budget = budget
    self.timeLimit = timeLimit
  }

  /// Runs the model.
  ///
  /// - Parameters:
  ///   - inputs: A tensor for each input by name. Inputs with a default value may be omitted.
  ///   - progress: Called after each node with the fraction of the work that is done, 0 to 1.
  /// - Returns: Every output by name.
  /// - Throws: `InfoldError.Code.invalidArgument` if the inputs do not fit the model; the error of
  ///   an operator, with the name of its node; `InfoldError.Code.cancelled` if the current task is
  ///   cancelled; `InfoldError.Code.limitExceeded` if the run exceeds its memory or time limit.
  public func run(
    _ inputs: [String: Tensor], progress: (Double) -> Void = { _ in }
  ) throws(InfoldError) -> [String: Tensor] {
    try run(inputs, observing: [], observe: { _, _ in }, progress: progress)
  }

  /// The tensors of all inputs, in the model's order, with the defaults of those that are left out.
  /// - Throws: `InfoldError` with `.invalidArgument` for inputs that do not fit the model.
  package func tensors(_ inputs: [String: Tensor]) throws(InfoldError) -> [Tensor] {
    try interface.inFile { () throws(InfoldError) in try interface.completed(inputs) }
  }

  /// Runs a model that has one input, or others only with defaults, and one output.
  /// - Returns: The output.
  /// - Throws: The errors of `run(_:progress:)`; `InfoldError.Code.invalidArgument` if the model
  ///   has more required inputs or more outputs.
  public func run(_ input: Tensor) throws(InfoldError) -> Tensor {
    try interface.inFile { () throws(InfoldError) in try run(interface.named(input))[outputs[0].name]! }
  }

  /// Runs the model and passes some values of the prepared graph to `observe` once they are
  /// computed.
  package func run(
    _ inputs: [String: Tensor], observing values: Set<ValueID>,
    observe: (ValueID, Tensor) throws(InfoldError) -> Void, progress: (Double) -> Void = { _ in }
  ) throws(InfoldError) -> [String: Tensor] {
    let cancellation = Cancellation(.currentTask, timeLimit: timeLimit)
    return try interface.inFile { () throws(InfoldError) in
      try budget.charging { () throws(InfoldError) in
        try cancellation.interrupting { () throws(InfoldError) in
          let tensors = try interface.completed(inputs)
          let evaluation = try evaluation(for: tensors)
          for id in values {
            if let given = graph.inputs.firstIndex(of: id) {
              try observe(id, tensors[given])
            } else if let constant = graph[id].initializer?.tensor {
              try observe(id, constant)
            }
          }
          let results = try evaluation.run(tensors, observing: values, observe, progress)
          let found = interface.warnings(of: results, try interface.binding.check(tensors))
          if !found.isEmpty { reported.withLock { $0.add(found) } }
          return interface.named(results)
        }
      }
    }
  }

  /// Returns the evaluation of the graph for inputs of these shapes.
  private func evaluation(for tensors: [Tensor]) throws(InfoldError) -> Evaluation {
    let types = tensors.map { TensorType($0.elementType, Shape($0.shape)) }
    if let known = latest.withLock({ $0 }), known.types == types { return known }
    // Release the widened weights of the previous evaluation before making those of the next.
    latest.withLock { $0 = nil }
    let bound = try passes.run(
      on: graph.binding(inputs: Dictionary(zip(graph.inputs, types)) { first, _ in first }))
    let evaluation = try Evaluation(bound, types, precision)
    latest.withLock { $0 = evaluation }
    return evaluation
  }

  private static func limiting<Output>(
    _ budget: MemoryBudget, _ timeLimit: Duration?, _ body: () throws(InfoldError) -> Output
  ) throws(InfoldError) -> Output {
    try budget.charging { () throws(InfoldError) in
      guard let timeLimit else { return try body() }
      return try Deadline(after: timeLimit).limiting(body)
    }
  }
}

/// A graph with known sizes, ready for evaluation.
private struct Evaluation: Sendable {
  let types: [TensorType]
  private let inputs: [ValueID]
  private let nodes: [Node]
  private let evaluator: ReferenceEvaluator
  /// The estimated work of each node, and the total.
  private let work: [Double]
  private let total: Double

  init(
    _ graph: Graph, _ types: [TensorType], _ precision: EvaluationContext.Precision
  ) throws(InfoldError) {
    self.types = types
    inputs = graph.inputs
    nodes = graph.nodes
    work = graph.nodes.map(graph.work)
    total = work.reduce(0, +)
    evaluator = try ReferenceEvaluator(graph, precision: precision)
  }

  func run(
    _ tensors: [Tensor], observing values: Set<ValueID>, _ observe: (ValueID, Tensor) throws(InfoldError) -> Void,
    _ progress: (Double) -> Void
  ) throws(InfoldError) -> [Tensor] {
    var done = 0.0
    return try evaluator.run(Dictionary(zip(inputs, tensors)) { first, _ in first }) {
      (id, _, outputs) throws(InfoldError) in
      for case (let output?, let tensor?) in zip(nodes[id.index].outputs, outputs) where values.contains(output) {
        try observe(output, tensor)
      }
      done += work[id.index]
      progress(done / total)
    }
  }
}

extension Graph {
  /// Estimates the work of a node's reference evaluation, in multiplications.
  fileprivate func work(_ node: Node) -> Double {
    let elements = node.definitions.reduce(0.0) { sum, id in
      sum + (self[id].type?.shape?.dimensions.reduce(1.0) { $0 * Double($1.size ?? 1) } ?? 1)
    }
    return Double(multiplyAccumulates(of: node) ?? 0) + 4 * elements + 1
  }
}

extension ReferenceSession: CustomStringConvertible {
  /// A one-line description with the file, the inputs and the outputs.
  public var description: String { "reference session\(interface)" }
}

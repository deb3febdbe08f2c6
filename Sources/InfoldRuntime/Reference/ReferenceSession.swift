import InfoldGraph
import InfoldPasses
import InfoldSystem
import InfoldTensor
import Synchronization

/// A model that is ready to be evaluated by the definitions of its operators: what faster and narrower runs are held against.
///
/// It takes one thread and no kernels. In double precision every floating-point number is a float64, from the inputs and weights on,
/// and so are the results.
public final class ReferenceSession: Sendable {
  /// What a run takes, in the model's order.
  public let inputs: [ValueInfo]
  /// What a run returns, in the model's order.
  public let outputs: [ValueInfo]
  /// Whether floating-point numbers are computed with in their own types or in float64.
  public let precision: EvaluationContext.Precision

  /// What the model says that cannot be meant, as far as it was found when it was read, or a run has shown it.
  public var warnings: [ModelWarning] { told.withLock { $0.warnings } }

  private let interface: ModelInterface
  private let told: Mutex<ToldWarnings>
  /// With open shapes.
  private let graph: Graph
  private let passes: OptimizationPipeline
  private let budget: MemoryBudget
  private let timeLimit: Duration?
  /// What was made for the inputs of the latest run.
  private let latest = Mutex<Evaluation?>(nil)

  /// Prepares `model` for evaluation.
  /// - Parameters:
  ///   - model: The model.
  ///   - precision: Whether floating-point numbers are computed with in their own types or in float64.
  ///   - optimize: Whether the passes of a session rewrite the model first. Without them every node that an output depends on is
  ///     evaluated as it is written.
  ///   - memoryLimit: The most bytes that widened weights and the tensors of runs may take at a time; `nil` for three quarters of the
  ///     machine's memory.
  ///   - timeLimit: The longest that the preparation may take, and then each run; `nil` for no limit.
  /// - Throws: `InfoldError` with `.unsupported`, listing all of them at once, when the model has nodes that Infold cannot run;
  ///   `.invalidArgument` for a graph that was edited and no longer fits together; `.limitExceeded`.
  public convenience init(
    _ model: consuming Model, precision: EvaluationContext.Precision = .double, optimize: Bool = false,
    memoryLimit: Int? = nil, timeLimit: Duration? = nil
  ) throws(InfoldError) {
    try self.init(
      consume model, prepared: nil, precision: precision,
      passes: optimize ? OptimizationPipeline(narrowTypes: .kept) : .asWritten,
      memoryLimit: memoryLimit, timeLimit: timeLimit)
  }

  /// - Parameter prepared: The graph with open shapes that is evaluated, where the model has been prepared already.
  package init(
    _ model: consuming Model, prepared: Graph?, precision: EvaluationContext.Precision,
    passes: OptimizationPipeline = .asWritten, memoryLimit: Int? = nil, timeLimit: Duration? = nil
  ) throws(InfoldError) {
    let budget = memoryLimit.map { MemoryBudget(limit: $0) } ?? .current ?? MemoryBudget()
    told = Mutex(ToldWarnings(model.warnings))
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
  /// - Parameters:
  ///   - inputs: A tensor for each input by its name; those with a default may be left out.
  ///   - progress: Called after each node with the share of the work that is done, 0 to 1.
  /// - Returns: Every output by its name.
  /// - Throws: `InfoldError` with `.invalidArgument` for inputs that do not fit the model; the error of an operator, naming its
  ///   node; `.cancelled` when the current task is; `.limitExceeded`.
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
  /// - Throws: As `run(_:progress:)`; `InfoldError` with `.invalidArgument` for a model with more inputs or outputs.
  public func run(_ input: Tensor) throws(InfoldError) -> Tensor {
    try interface.inFile { () throws(InfoldError) in try run(interface.named(input))[outputs[0].name]! }
  }

  /// Runs the model, and hands on some values of the prepared graph once they are computed.
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
          if !found.isEmpty { told.withLock { $0.add(found) } }
          return interface.named(results)
        }
      }
    }
  }

  /// What evaluates the graph for inputs of these shapes.
  private func evaluation(for tensors: [Tensor]) throws(InfoldError) -> Evaluation {
    let types = tensors.map { TensorType($0.elementType, Shape($0.shape)) }
    if let known = latest.withLock({ $0 }), known.types == types { return known }
    // Its widened weights are not to stand beside those of the next one.
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

/// A graph whose sizes are known, ready to be evaluated.
private struct Evaluation: Sendable {
  let types: [TensorType]
  private let inputs: [ValueID]
  private let nodes: [Node]
  private let evaluator: ReferenceEvaluator
  /// How long each node takes, and all of them.
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
  /// About how long the reference evaluation of a node takes, in multiplications.
  fileprivate func work(_ node: Node) -> Double {
    let elements = node.definitions.reduce(0.0) { sum, id in
      sum + (self[id].type?.shape?.dimensions.reduce(1.0) { $0 * Double($1.size ?? 1) } ?? 1)
    }
    return Double(multiplyAccumulates(of: node) ?? 0) + 4 * elements + 1
  }
}

extension ReferenceSession: CustomStringConvertible {
  /// One line: the file, the inputs and the outputs.
  public var description: String { "reference session\(interface)" }
}

import InfoldSystem
import InfoldTensor

/// Runs a graph node by node with the reference evaluations of its operators. Dead nodes are
/// skipped.
///
/// With `.double` precision, every floating-point number is a float64, including inputs and
/// initializers. The results are the reference for kernels, folding and fusion.
public struct ReferenceEvaluator: Sendable {
  private let graph: Graph
  private let precision: EvaluationContext.Precision
  private let constants: [Tensor?]
  private let isNeeded: [Bool]
  private let lastUses: [[ValueID]]
  private let budget: MemoryBudget

  /// Creates an evaluator of `graph`.
  /// - Parameters:
  ///   - graph: The graph, with its nodes in topological order.
  ///   - precision: Whether to compute floating-point numbers in their declared types or in
  ///     float64.
  ///   - memoryLimit: The most bytes that widened initializers and the tensors of runs may take at
  ///     a time; `nil` for three quarters of the machine's memory.
  /// - Throws: `InfoldError.Code.unsupported`, with a list of all opaque nodes; `.limitExceeded` if
  ///   the widened initializers exceed the memory limit.
  public init(
    _ graph: Graph, precision: EvaluationContext.Precision = .declared, memoryLimit: Int? = nil
  ) throws(InfoldError) {
    try graph.requireNoOpaqueNodes()
    self.graph = graph
    self.precision = precision
    let isNeeded = graph.neededNodes()
    self.isNeeded = isNeeded
    lastUses = graph.lastUses(of: isNeeded)
    budget = memoryLimit.map { MemoryBudget(limit: $0) } ?? .current ?? MemoryBudget()
    constants = try budget.charging { () throws(InfoldError) in
      var constants: [Tensor?] = []
      for value in graph.values {
        let tensor = value.initializer?.tensor
        constants.append(precision == .double ? try tensor?.widened() : tensor)
      }
      return constants
    }
  }

  /// Computes the graph's outputs.
  /// - Parameters:
  ///   - inputs: A tensor for each graph input. Inputs with a default value may be omitted.
  ///   - observe: Called after each node, in graph order, with the node's inputs and outputs.
  /// - Returns: The outputs, in graph order.
  /// - Throws: The error of an operator, with its node; `InfoldError.Code.invalidArgument` if an
  ///   input is missing; `.limitExceeded` if the memory limit is exceeded.
  public func run(
    _ inputs: [ValueID: Tensor],
    observe: (NodeID, _ inputs: [Tensor?], _ outputs: [Tensor?]) throws(InfoldError) -> Void = { _, _, _ in }
  ) throws(InfoldError) -> [Tensor] {
    let outputs = try budget.charging { () throws(InfoldError) in try compute(inputs, observe) }
    for output in outputs { output.leaveBudget() }
    return outputs
  }

  private func compute(
    _ inputs: [ValueID: Tensor],
    _ observe: (NodeID, _ inputs: [Tensor?], _ outputs: [Tensor?]) throws(InfoldError) -> Void
  ) throws(InfoldError) -> [Tensor] {
    var tensors = constants
    for (id, tensor) in inputs { tensors[id.index] = precision == .double ? try tensor.widened() : tensor }
    for id in graph.inputs where tensors[id.index] == nil {
      throw InfoldError(.invalidArgument, "missing input \(String(quoting: graph[id].name))")
    }
    return try evaluate(&tensors, observe)
  }

  /// Computes the outputs of a function's body.
  /// - Parameter arguments: Tensors for the leading inputs; `nil` for one that the call omits.
  package func run(arguments: [Tensor?]) throws(InfoldError) -> [Tensor] {
    var tensors = constants
    for (id, tensor) in zip(graph.inputs, arguments) { tensors[id.index] = tensor }
    return try evaluate(&tensors) { _, _, _ in }
  }

  /// Computes the outputs of a body of If or Loop.
  /// - Parameter given: A tensor for each input and each captured value.
  func run(body given: [ValueID: Tensor]) throws(InfoldError) -> [Tensor] {
    var tensors = constants
    for (id, tensor) in given { tensors[id.index] = tensor }
    return try evaluate(&tensors) { _, _, _ in }
  }

  private func evaluate(
    _ tensors: inout [Tensor?],
    _ observe: (NodeID, _ inputs: [Tensor?], _ outputs: [Tensor?]) throws(InfoldError) -> Void
  ) throws(InfoldError) -> [Tensor] {
    for id in graph.nodeIDs where isNeeded[id.index] {
      try Interruption.check()
      let node = graph[id]
      let operands = node.operands.map { $0.flatMap { tensors[$0.index] } }
      let results = try annotatingErrors({ $0.atNode(graph.label(of: node)) }) { () throws(InfoldError) in
        try node.evaluate(operands, precision: precision)
      }
      for (output, result) in zip(node.outputs, results) {
        if let output { tensors[output.index] = result }
      }
      try observe(id, operands, results)
      for value in lastUses[id.index] { tensors[value.index] = nil }
    }
    var outputs: [Tensor] = []
    for id in graph.outputs {
      guard let tensor = tensors[id.index] else {
        throw InfoldError(
          .invalidModel, "missing value: nothing computed the graph output \(String(quoting: graph[id].name))")
      }
      outputs.append(tensor)
    }
    return outputs
  }
}

import InfoldSystem
import InfoldTensor

/// Runs a graph node by node with the operators' reference evaluations. Nodes whose results nothing needs are left out.
///
/// Under `.double` precision every floating-point number is a float64, from the inputs and initializers on: the truth
/// that kernels, folding and fusion are held against.
public struct ReferenceEvaluator: Sendable {
  private let graph: Graph
  private let precision: EvaluationContext.Precision
  private let constants: [Tensor?]
  private let isNeeded: [Bool]
  private let lastUses: [[ValueID]]
  private let budget: MemoryBudget

  /// An evaluator of `graph`.
  /// - Parameters:
  ///   - graph: The graph, its nodes in topological order.
  ///   - precision: Whether floating-point numbers are computed with in their own types or in float64.
  ///   - memoryLimit: The most bytes that widened initializers and the tensors of runs may take at a time; `nil` for three
  ///     quarters of the machine's memory.
  /// - Throws: `InfoldError` with `.unsupported`, listing every opaque node; `.limitExceeded` when the widened
  ///   initializers do not fit into memory.
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
  ///   - inputs: A tensor for each of the graph's inputs; those with an initializer may be left out.
  ///   - observe: Called after each node with its inputs and outputs, in the order of the nodes.
  /// - Returns: The outputs, in the graph's order.
  /// - Throws: the error of an operator, naming its node; `.invalidArgument` for an input that is missing; `.limitExceeded`.
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
      throw InfoldError(.invalidArgument, "the input \(String(quoting: graph[id].name)) is missing")
    }
    return try evaluate(&tensors, observe)
  }

  /// Computes the outputs of a function's body.
  /// - Parameter arguments: A tensor for each of the first inputs; `nil` for one that the call leaves out.
  package func run(arguments: [Tensor?]) throws(InfoldError) -> [Tensor] {
    var tensors = constants
    for (id, tensor) in zip(graph.inputs, arguments) { tensors[id.index] = tensor }
    return try evaluate(&tensors) { _, _, _ in }
  }

  /// Computes the outputs of a body of If or Loop.
  /// - Parameter given: A tensor for each input, and for each value that the body captures.
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
        throw InfoldError(.invalidModel, "the value \(String(quoting: graph[id].name)) is left out")
      }
      outputs.append(tensor)
    }
    return outputs
  }
}

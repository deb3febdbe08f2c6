import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// The numbers of a graph that are the same in every run: initializers that no caller may override, the outputs of
/// Constant nodes, those of Identity nodes that hand one of them on, and for folding what else is computed of constants.
package struct GraphConstants: Sendable {
  /// The graph.
  package private(set) var graph: Graph
  private var fromNodes: [ValueID: Tensor] = [:]
  private let producers: [NodeID?]
  /// Whether a linear operator wrote the channels of a value along its last axis, also where arithmetic with constants stands between.
  private var hasChannelsLast: [Bool]

  /// The constants of `graph`.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  package init(_ graph: consuming Graph) throws(InfoldError) {
    try self.init(consume graph, captured: [:]) { _ in [] }
  }

  /// The constants of `graph`, and among them those that its nodes compute of others, as far as folding asks for them: weights and
  /// biases, parameters of normalizations, operands of arithmetic, and what bodies capture.
  /// - Parameter captured: The constants of the graphs around a body that it captures.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  package init(folding graph: consuming Graph, captured: [ValueID: Tensor] = [:]) throws(InfoldError) {
    try self.init(consume graph, captured: captured) { ConstantDemand($0, captured: captured).nodes }
  }

  /// - Parameter computed: The nodes that are computed ahead.
  private init(
    _ graph: consuming Graph, captured: [ValueID: Tensor], computing computed: (Graph) -> Set<NodeID>
  ) throws(InfoldError) {
    self.graph = consume graph
    fromNodes = captured
    producers = self.graph.producers()
    hasChannelsLast = Array(repeating: false, count: self.graph.values.count)
    let graph = self.graph
    let computed = computed(graph)
    var inference: Inference?
    if computed.contains(where: { graph[$0].typed?.constantOutput == nil }) {
      inference = Inference(graph)
      do throws(InfoldError) { try inference!.run() } catch { inference = nil }
    }
    for id in graph.nodeIDs {
      let node = graph[id]
      if node.typed?.constantOutput != nil {
        for (output, tensor) in zip(node.outputs, try node.evaluate([])) {
          if let output { fromNodes[output] = tensor }
        }
      } else if let input = handedOnInput(of: node), let output = node.outputs[0] {
        fromNodes[output] = tensor(input)
      } else if computed.contains(id) {
        compute(node, inference)
      }
      guard let output = node.outputs.first ?? nil else { continue }
      hasChannelsLast[output.index] =
        node.typed?.linearForm?.writesChannelsLast ?? dataInput(of: node).map { hasChannelsLast[$0.index] } ?? false
    }
  }

  /// Computes a node ahead, as `ConstantFolding` does. What cannot be computed is no constant.
  private mutating func compute(_ node: Node, _ inference: Inference?) {
    var results: [Tensor?]?
    if let inference, node.definitions.allSatisfy({ inference.tensors[$0.index] != nil }) {
      results = node.outputs.map { $0.flatMap { inference.tensors[$0.index] } }
    } else {
      do throws(InfoldError) { results = try ConstantEvaluation().outputs(of: node, tensor) } catch { return }
    }
    for case (let output?, let tensor?) in zip(node.outputs, results ?? []) { fromNodes[output] = tensor }
  }

  /// The tensor; `nil` for what may differ from run to run.
  package func tensor(_ id: ValueID) -> Tensor? {
    graph.constant(id) ?? fromNodes[id]
  }

  /// Lets go of a constant's tensor. Its value must not be looked at any more.
  package mutating func release(_ id: ValueID) {
    if graph.isConstant(id) { graph[id].initializer = nil }
  }

  func isConstant(_ id: ValueID) -> Bool {
    tensor(id) != nil
  }

  func shape(_ id: ValueID) -> [Int] {
    tensor(id)?.shape ?? []
  }

  /// - Throws: `ChannelMap.Refusal`, saying of `what` why it is no floating-point constant.
  func requireFloatingPoint(_ id: ValueID, called what: String) throws(ChannelMap.Refusal) {
    guard let tensor = tensor(id) else { throw ChannelMap.Refusal(reasonAgainst(id, called: what)) }
    guard tensor.elementType.isFloatingPoint else {
      throw ChannelMap.Refusal("\(what) is of type \(tensor.elementType)")
    }
  }

  /// The elements of a floating-point constant.
  /// - Throws: `ChannelMap.Refusal`, saying of `what` why it is no constant.
  func doubles(_ id: ValueID?, called what: String) throws(ChannelMap.Refusal) -> [Double] {
    guard let id else { throw ChannelMap.Refusal("\(what) is left out") }
    try requireFloatingPoint(id, called: what)
    return try ChannelMap.Refusal.carryingErrors { () throws(InfoldError) in try tensor(id)!.widened().elements() }
  }

  /// Why `id`, which is called `what`, is no constant.
  package func reasonAgainst(_ id: ValueID, called what: String) -> String {
    if graph[id].initializer != nil { return "\(what) is an input with a default, which a caller may override" }
    return producers[id.index] == nil ? "\(what) is an input" : "\(what) is computed by the model"
  }

  /// The axis along which the linear operator that makes `id` writes its channels, also where arithmetic with constants stands
  /// between.
  func channelAxis(of id: ValueID, rank: Int) -> Int {
    hasChannelsLast[id.index] ? rank - 1 : 1
  }

  /// The input that a node hands on, or does arithmetic with a constant on.
  private func dataInput(of node: Node) -> ValueID? {
    if let input = handedOnInput(of: node) { return input }
    guard node.typed?.elementCombination != nil, node.inputs.count == 2, let a = node.inputs[0], let b = node.inputs[1],
      isConstant(a) != isConstant(b)
    else { return nil }
    return isConstant(a) ? b : a
  }

  /// The input that a node hands on unchanged as its only output; `nil` for other nodes.
  func handedOnInput(of node: Node) -> ValueID? {
    guard let typed = node.typed, node.outputs.dropFirst().allSatisfy({ $0 == nil }),
      typed.handsOnInput({ $0 >= node.inputs.count || node.inputs[$0].map(isConstant) ?? true })
    else { return nil }
    return node.inputs[0]
  }
}

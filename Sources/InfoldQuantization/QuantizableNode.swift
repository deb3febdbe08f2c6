import InfoldGraph
import InfoldPasses

/// A node that can compute with 8 bits, and how.
struct QuantizableNode {
  enum Kind {
    /// Conv, Gemm or MatMul with constant weights, whose output channels go along this axis.
    case weighted(axis: Int)
    /// The sum of two values.
    case addition
    /// A pool that computes new numbers.
    case average
    /// What puts values together.
    case concatenation
    /// What hands numbers on: its result has the scale of its input.
    case passing
  }

  let kind: Kind
  /// The values that it computes with.
  let operands: [ValueID]

  /// `nil` for other nodes.
  init?(_ node: Node, _ constants: GraphConstants) {
    let graph = constants.graph
    func isFloat(_ id: ValueID) -> Bool { graph[id].type?.elementType == .float32 }
    func computed(_ index: Int) -> ValueID? {
      guard index < node.inputs.count, let id = node.inputs[index], isFloat(id), constants.tensor(id) == nil else {
        return nil
      }
      return id
    }
    func weights(_ index: Int) -> Tensor? {
      guard let tensor = node.inputs[index].flatMap(constants.tensor), tensor.elementType == .float32 else {
        return nil
      }
      return tensor
    }
    guard let output = node.outputs.first ?? nil, isFloat(output),
      node.outputs.dropFirst().allSatisfy({ $0 == nil }), let first = computed(0)
    else { return nil }
    switch node.typed {
    case is Conv:
      guard weights(1) != nil, node.hasConstant(2, constants) else { return nil }
      self.init(.weighted(axis: 0), [first])
    case let gemm as Gemm:
      guard gemm.alpha == 1, gemm.beta == 1, !gemm.transA, weights(1) != nil, node.hasConstant(2, constants) else {
        return nil
      }
      self.init(.weighted(axis: gemm.transB ? 0 : 1), [first])
    case is MatMul:
      guard weights(1)?.shape.count == 2 else { return nil }
      self.init(.weighted(axis: 1), [first])
    case is Add, is Sum:
      guard node.inputs.count == 2, let second = computed(1), let shape = graph[first].type?.shape,
        graph[second].type?.shape == shape
      else { return nil }
      self.init(.addition, [first, second])
    case is AveragePool, is GlobalAveragePool: self.init(.average, [first])
    case is Concat:
      let values = node.inputs.indices.compactMap(computed)
      guard values.count == node.inputs.count else { return nil }
      self.init(.concatenation, values)
    case is MaxPool, is Reshape, is Flatten, is Squeeze, is Unsqueeze: self.init(.passing, [first])
    default: return nil
    }
  }

  private init(_ kind: Kind, _ operands: [ValueID]) {
    self.kind = kind
    self.operands = operands
  }
}

extension Node {
  /// Whether an input is left out, or a constant.
  fileprivate func hasConstant(_ index: Int, _ constants: GraphConstants) -> Bool {
    guard index < inputs.count, let id = inputs[index] else { return true }
    return constants.tensor(id)?.elementType == .float32
  }
}

/// Which values of a graph are to be quantized, and which nodes compute with them.
struct QuantizationSites {
  /// The nodes that compute with 8 bits.
  private(set) var nodes: [NodeID: QuantizableNode] = [:]
  /// The values that are quantized, in their order, with the value whose scale they have: their own, but for what is handed on.
  private(set) var values: [(id: ValueID, scaledAs: ValueID)] = []
  /// For each quantized value behind an activation that only bounds, the node of that.
  private(set) var bounded: [ValueID: (activation: NodeID, lower: Float, upper: Float)] = [:]

  /// The values whose range has to be found.
  var ranged: [ValueID] { values.filter { $0.id == $0.scaledAs }.map(\.id) }

  /// - Throws: `InfoldError` with `.invalidArgument` for an excluded node that there is not.
  init(_ constants: GraphConstants, excluded: [String]) throws(InfoldError) {
    let graph = constants.graph
    let names = Set(excluded)
    if let unknown = excluded.first(where: { graph.node(named: $0) == nil }) {
      throw InfoldError(.invalidArgument, "there is no node \(String(quoting: unknown)) to exclude")
    }
    let consumers = graph.consumers()
    let outputs = Set(graph.outputs)
    var scales: [ValueID: ValueID] = [:]
    func add(_ value: ValueID, _ scale: ValueID) {
      guard scales[value] == nil else { return }
      scales[value] = scale
      values.append((value, scale))
    }
    for id in graph.nodeIDs {
      let node = graph[id]
      guard node.name.isEmpty || !names.contains(node.name), let site = QuantizableNode(node, constants),
        let output = node.outputs[0]
      else { continue }
      if case .passing = site.kind {
        guard let scale = scales[site.operands[0]] else { continue }
        nodes[id] = site
        add(output, scale)
        continue
      }
      nodes[id] = site
      for operand in site.operands { add(operand, operand) }
      var result = output
      if consumers[output.index].count == 1, !outputs.contains(output),
        let bounds = Self.bounds(graph[consumers[output.index][0]], constants),
        let bound = graph[consumers[output.index][0]].outputs[0]
      {
        result = bound
        bounded[bound] = (consumers[output.index][0], bounds.0, bounds.1)
      }
      add(result, result)
    }
  }

  private static func bounds(_ node: Node, _ constants: GraphConstants) -> (Float, Float)? {
    switch node.typed {
    case is Relu: return (0, .infinity)
    case let clip as Clip:
      let bounds = clip.bounds(of: node, constants)
      guard let lower = bounds.lower, let upper = bounds.upper else { return nil }
      return (lower, upper)
    default: return nil
    }
  }
}

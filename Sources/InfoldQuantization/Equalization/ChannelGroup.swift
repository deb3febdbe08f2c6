import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Values whose channels can be scaled together without changing the network's outputs.
///
/// Layers with constant weights produce and consume the values. Scaling a channel multiplies the
/// producers' weights by a positive number, and divides the consumers' weights by it. Between the
/// layers are only sums, pools, and functions f with f(s · x) = s · f(x).
struct ChannelGroup {
  /// The values.
  var values: [ValueID] = []
  /// The layers that produce them.
  var producers: [NodeID] = []
  /// The layers that consume them.
  var consumers: [NodeID] = []
  /// The upper bounds of Clip nodes, with their inputs and outputs.
  var bounds: [(upper: Double, input: ValueID, output: ValueID)] = []
  /// The number of channels.
  var channels = 0
}

/// Finds the channel groups of a network.
struct ChannelGroupSearch {
  private let graph: Graph
  private let index: GraphIndex
  private var parents: [ValueID: ValueID] = [:]
  private var blocked: Set<ValueID> = []

  init(_ graph: Graph) {
    self.graph = graph
    index = graph.index
  }

  /// Returns the groups in the order of their first values.
  mutating func groups(_ operations: [NodeID: QuantizationPlan.Operation]) -> [ChannelGroup] {
    var found: [ValueID: ChannelGroup] = [:]
    for id in graph.nodeIDs {
      let node = graph[id]
      if layer(id, operations) != nil { continue }
      guard let output = node.outputs.first ?? nil, isChannelwise(node, output) else {
        blocked.formUnion(node.uses)
        blocked.formUnion(node.definitions)
        continue
      }
      for case let input? in node.inputs where graph.constant(input) == nil { join(input, output) }
    }
    blocked.formUnion(graph.inputs)
    blocked.formUnion(graph.outputs)
    for value in graph.valueIDs where graph.constant(value) == nil && isVisible(value) {
      found[root(value), default: ChannelGroup()].values.append(value)
    }
    for id in graph.nodeIDs {
      let node = graph[id]
      if let layer = layer(id, operations) {
        let (input, output) = (root(node.inputs[0]!), root(node.outputs[0]!))
        if input == output || !layer.isFree { blocked.formUnion([input, output]) }
        found[input]?.consumers.append(id)
        found[output]?.producers.append(id)
        meet(&found, input, layer.layout.inputs * layer.layout.groups)
        meet(&found, output, layer.layout.outputs)
      } else if let bounds = graph.bounds(of: node), bounds.upper.isFinite, let input = node.inputs[0],
        let output = node.outputs[0]
      {
        found[root(output)]?.bounds.append((Double(bounds.upper), input, output))
      }
    }
    let closed = Set(blocked.map(root))
    return found.filter { !closed.contains($0.key) && !$0.value.producers.isEmpty && !$0.value.consumers.isEmpty }
      .sorted { $0.value.values[0] < $1.value.values[0] }.map(\.value)
  }

  private mutating func meet(_ found: inout [ValueID: ChannelGroup], _ value: ValueID, _ channels: Int) {
    guard let known = found[value]?.channels else { return }
    if known != 0, known != channels { blocked.insert(value) }
    found[value]!.channels = channels
  }

  private func isVisible(_ value: ValueID) -> Bool {
    index.producer(of: value) != nil || !index.consumers(of: value).isEmpty
  }

  private func root(_ value: ValueID) -> ValueID {
    var value = value
    while let next = parents[value] { value = next }
    return value
  }

  private mutating func join(_ a: ValueID, _ b: ValueID) {
    let (a, b) = (root(a), root(b))
    if a != b { parents[max(a, b)] = min(a, b) }
  }

  /// Returns the layout of a layer's weights, and whether they may change.
  private func layer(
    _ id: NodeID, _ operations: [NodeID: QuantizationPlan.Operation]
  ) -> (layout: WeightLayout, isFree: Bool)? {
    let node = graph[id]
    guard let form = node.typed?.quantizedForm, let linear = node.typed?.linearForm, node.outputs.first ?? nil != nil,
      node.inputs[0] != nil, let weights = node.inputs[1], let tensor = graph.constant(weights),
      tensor.elementType == .float32, graph.constant(node.inputs[0]!) == nil,
      let layout = WeightLayout(form, linear, shape: tensor.shape)
    else { return nil }
    var constants = [weights]
    if node.inputs.count > 2, let bias = node.inputs[2] {
      guard let tensor = graph.constant(bias), tensor.elementType == .float32 else { return nil }
      constants.append(bias)
    }
    let isFree = constants.allSatisfy {
      index.useCount(of: $0) == 1 && graph[$0].initializer != nil && !graph.outputs.contains($0)
    }
    let isRanked = form == .convolution || graph[node.inputs[0]!].type?.shape?.rank == 2
    return (layout, isFree && isRanked && operations[id] != nil)
  }

  /// Returns whether scaling the input channels of a node by positive numbers scales its output
  /// channels, apart from upper bounds.
  private func isChannelwise(_ node: Node, _ output: ValueID) -> Bool {
    guard let typed = node.typed else { return false }
    let inputs = node.inputs.compactMap { $0 }.filter { graph.constant($0) == nil }
    guard let shape = graph[output].type?.shape, shape.rank >= 2,
      inputs.allSatisfy({ channels($0) != nil && channels($0) == shape[1].size })
    else { return false }
    switch graph.elementFunction(of: node) {
    case .clip(0, let upper): return upper > 0
    case .leakyRelu: return true
    case .some: return false
    case nil: break
    }
    let rest = node.inputs.indices.dropFirst()
    if typed.forwardsInput({ index in node.inputs[index].map { graph.constant($0) != nil } ?? true }) { return true }
    switch typed.quantizedForm {
    case .addition:
      return inputs.count == 2 && node.inputs.count == 2
        && inputs.allSatisfy { graph[$0].type?.shape?.rank == shape.rank }
    case .average: return rest.isEmpty
    case .movement:
      if type(of: typed).family == .pool { return node.outputs.count == 1 }
      // Reshaping a vector of channels keeps the channels.
      return type(of: typed).keepsElements
        && graph[inputs[0]].type?.shape?.dropFirst(2).allSatisfy { $0.size == 1 } == true
        && shape.dropFirst(2).allSatisfy { $0.size == 1 }
    default: return false
    }
  }

  private func channels(_ value: ValueID) -> Int? {
    guard let shape = graph[value].type?.shape, shape.rank >= 2 else { return nil }
    return shape[1].size
  }
}

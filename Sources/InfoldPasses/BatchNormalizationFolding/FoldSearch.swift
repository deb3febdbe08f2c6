import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// A search for the operators with weights that channel maps can be folded into.
struct FoldSearch {
  typealias Refusal = ChannelMap.Refusal

  let graph: Graph
  let index: GraphIndex
  private let axes: ChannelAxes
  /// Whether dimensions with the same symbol are known to be equal.
  let trustsSymbols: Bool
  /// Whether maps count as well of which folding would lose digits.
  private let acceptsLoss: Bool
  private var maps: [NodeID: ChannelMap] = [:]
  /// The operators that have been examined.
  private(set) var operators: [NodeID: FoldPlan.Operator] = [:]
  /// The nodes that are folded.
  private(set) var folds: [NodeID: FoldPlan.Fold] = [:]
  /// The reasons why normalizations are kept.
  private(set) var refusals: [NodeID: String] = [:]
  /// The largest magnitude of each examined weight. Infinite or NaN if an element is.
  private var largestWeights: [ValueID: Double] = [:]

  init(_ graph: Graph, acceptsLoss: Bool = false) {
    self.graph = graph
    self.acceptsLoss = acceptsLoss
    index = graph.index
    axes = ChannelAxes(graph)
    trustsSymbols = graph.captures.isEmpty && (!graph.sharesSymbols || graph.declaredShapes == .binding)
  }

  /// Decides all folds. Each map is folded into the operators that produce its input, in the order
  /// of the data. The remaining maps are folded in reverse order into the operator after them.
  /// - Throws: `InfoldError` with `.limitExceeded` if memory cannot be allocated.
  mutating func run() throws(InfoldError) {
    for id in graph.nodeIDs { try foldBackward(id) }
    for id in graph.nodeIDs.reversed() where folds[id] == nil { try foldForward(id) }
    for id in graph.nodeIDs where graph[id].typed?.linearForm != nil && operators[id] == nil {
      operators[id] = try Refusal.unlessRefused { () throws(Refusal) in try operation(id) }
    }
    keepBiasesOfMatMul()
  }

  private mutating func foldBackward(_ id: NodeID) throws(InfoldError) {
    let node = graph[id]
    do throws(Refusal) {
      guard let map = try ChannelMap(node, in: graph, axes) else { return }
      maps[id] = map
      try absorb(map, of: id, into: sites(making: map, of: id))
    } catch {
      if let failure = error.failure { throw failure }
      let isNormalization = node.isNormalization || maps[id].map { $0.isPerChannel && isMadeByLinear($0.input) } == true
      if isNormalization { refusals[id] = error.reason }
    }
  }

  private mutating func foldForward(_ id: NodeID) throws(InfoldError) {
    guard let map = maps[id] else { return }
    do throws(Refusal) {
      try absorb(map, of: id, before: target(after: map))
      refusals[id] = nil
    } catch {
      if let failure = error.failure { throw failure }
      if let reason = refusals[id] { refusals[id] = reason + "; " + error.reason }
    }
  }

  /// Keeps an Add directly after a MatMul if there is nothing else to fold, because the result
  /// would be the same Add.
  private mutating func keepBiasesOfMatMul() {
    for (id, entry) in operators where !entry.linear.takesBias && entry.before.isEmpty && entry.after.count == 1 {
      let part = entry.after[0].node
      guard !graph[part].isNormalization, entry.output.scale.allSatisfy({ $0 == 1 }),
        folds[part]?.map.input == graph[id].outputs[0]
      else { continue }
      operators[id]!.isRewritten = false
      folds[part] = nil
    }
  }

  /// Returns whether a linear operator produces a value, possibly through maps that it absorbed.
  private func isMadeByLinear(_ value: ValueID) -> Bool {
    var value = value
    for _ in 0...64 {
      guard let producer = index.producer(of: value) else { return false }
      guard let fold = folds[producer] else { return graph[producer].typed?.linearForm != nil }
      value = fold.map.input
    }
    return false
  }

  /// Refuses if too many nodes separate a map from the operators with weights, because searching
  /// through them for every map would be slow.
  static func count(_ steps: inout Int) throws(Refusal) {
    steps += 1
    guard steps <= 1000 else { throw Refusal("more than 1000 nodes separate it from an operator with weights") }
  }
}

// MARK: - Absorbing maps

extension FoldSearch {
  /// A linear operator, and the channels of a map that it produces.
  struct Site {
    var node: NodeID
    var channels: Range<Int>
    /// Whether nodes in between rearrange elements.
    var isRearranged: Bool
  }

  private mutating func absorb(_ map: ChannelMap, of id: NodeID, into sites: [Site]) throws(Refusal) {
    var changed: [FoldPlan.Operator] = []
    for site in sites {
      var entry = try operation(site.node)
      try requireFew(entry.after, site.node)
      entry.append(
        FoldPlan.Part(
          node: id, channels: site.channels, isWhole: site.channels.count == map.affine.channels,
          isRearranged: site.isRearranged, affine: map.affine.slice(site.channels)), map)
      try requireConstants(entry)
      changed.append(entry)
    }
    for entry in changed { operators[entry.node] = entry }
    folds[id] = FoldPlan.Fold(node: id, map: map, isBackward: true)
  }

  private mutating func absorb(_ map: ChannelMap, of id: NodeID, before target: NodeID) throws(Refusal) {
    var entry = try operation(target)
    try requireFew(entry.before, target)
    guard entry.linear.inputChannels == map.affine.channels else {
      throw Refusal("\(graph.label(of: graph[target])) has \(counted(entry.linear.inputChannels, "input channel"))")
    }
    entry.prepend(
      FoldPlan.Part(
        node: id, channels: 0..<map.affine.channels, isWhole: true, isRearranged: false, affine: map.affine), map)
    try requireConstants(entry)
    operators[target] = entry
    folds[id] = FoldPlan.Fold(node: id, map: map, isBackward: false)
  }

  /// Checks the number of absorbed nodes, because each new one traverses all the earlier ones.
  private func requireFew(_ parts: [FoldPlan.Part], _ id: NodeID) throws(Refusal) {
    guard parts.count < 64 else {
      throw Refusal("64 other nodes are already folded into \(graph.label(of: graph[id]))")
    }
  }

  /// Returns the operator with everything that has been folded into it so far.
  private func operation(_ id: NodeID) throws(Refusal) -> FoldPlan.Operator {
    if let known = operators[id] { return known }
    return FoldPlan.Operator(id, graph[id], try linearOperator(id))
  }

  /// Returns the linear operator of a node whose weights may be changed.
  func linearOperator(_ id: NodeID) throws(Refusal) -> LinearOperator {
    let node = graph[id]
    var label: String { graph.label(of: node) }
    guard let weight = node.inputs[1], let shape = graph[weight].type?.shape?.sizes ?? graph.constant(weight)?.shape,
      let linear = LinearOperator(node, weight: shape)
    else { throw Refusal("the shape of the weight of \(label) is unknown") }
    try graph.requireFloatingPoint(weight, called: "the weight of \(label)")
    if linear.takesBias, node.inputs.count > 2, let bias = node.inputs[2] {
      try graph.requireFloatingPoint(bias, called: "the bias of \(label)")
      let perChannel = try Refusal.carryingErrors { () throws(InfoldError) in try linear.bias(of: node, in: graph) }
      guard perChannel != nil else { throw Refusal("the bias of \(label) is not one number per channel") }
    }
    return linear
  }

  /// Refuses folded constants that overflow their type, or whose rounding would lose too much
  /// precision.
  private mutating func requireConstants(_ entry: FoldPlan.Operator) throws(Refusal) {
    let node = graph[entry.node]
    guard let id = node.inputs[1], let weight = graph.constant(id) else { return }
    let type = weight.elementType, linear = entry.linear
    let bias = try Refusal.carryingErrors { () throws(InfoldError) in
      if largestWeights[id] == nil { largestWeights[id] = try weight.largestMagnitude() }
      return try FoldedBias(
        linear, weight: weight, bias: linear.bias(of: node, in: graph), input: entry.input, output: entry.output)
    }
    // If the largest possible product is in range, all products are.
    let largest = { (scales: [Double]) in scales.reduce(0) { Double.maximum($0, $1.magnitude) } }
    let bound = largestWeights[id]! * largest(entry.input.scale) * largest(entry.output.scale)
    let products = try Refusal.carryingErrors { () throws(InfoldError) in
      type.canHold(bound) ? [] : try linear.scaled(weight, input: entry.input.scale, output: entry.output.scale)
    }
    for (what, numbers) in [("weight", products), ("bias", bias.values)] {
      if let element = numbers.firstIndex(where: { !type.canHold($0) }) {
        throw Refusal(
          "element \(element) of the folded \(what) of \(graph.label(of: node)) would be \(numbers[element]), outside the "
            + "range of \(type)")
      }
    }
    if !acceptsLoss, let loss = try FoldLoss(linear, weight, bias, input: entry.input, output: entry.output) {
      throw Refusal(
        "\(type) is too imprecise for the folded weight and bias of channel \(loss.channel) of \(graph.label(of: node)): "
          + "numbers of magnitude \(loss.cancelling) would cancel, with errors of up to \(loss.error) in results")
    }
  }
}

import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Decides what is folded where, on the graph as it is.
struct FoldSearch {
  /// A map, and those of its channels that one operator makes: a part of them where a Concat stands between.
  struct Part {
    let node: NodeID
    let channels: Range<Int>
  }

  /// The maps around a linear operator that are folded into it.
  struct Plan {
    let linear: LinearOperator
    /// The largest magnitude in its weight; infinite or NaN when an element is.
    let largestWeight: Double
    var input: ChannelAffine
    var output: ChannelAffine
    /// The nodes that are folded, before and behind.
    var before: [Part] = []
    var behind: [Part] = []
  }

  /// The graph, in which the constants that it computes are known.
  private(set) var graph: Graph
  /// What is folded into each linear operator.
  private(set) var plans: [NodeID: Plan] = [:]
  /// The nodes that are folded into the operator before them, with their maps.
  private(set) var absorbedBackward: [NodeID: ChannelMap] = [:]
  /// The nodes that are folded into the operator behind them, with their maps.
  private(set) var absorbedForward: [NodeID: ChannelMap] = [:]
  /// Why nodes are not folded into the operator before them.
  private(set) var refusals: [NodeID: String] = [:]

  private let index: GraphIndex
  private let axes: ChannelAxes
  private var maps: [NodeID: ChannelMap] = [:]

  init(_ graph: consuming Graph) {
    self.graph = graph
    self.graph.learnComputedConstants()
    index = self.graph.index
    axes = ChannelAxes(self.graph)
  }

  /// Folds each map into the linear operators that its input comes from, in the order of the data.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  mutating func foldBackward() throws(InfoldError) {
    for id in graph.nodeIDs {
      let node = graph[id]
      do throws(ChannelMap.Refusal) {
        guard let map = try ChannelMap(node, in: graph, axes) else { continue }
        maps[id] = map
        let sites = try linearOperators(making: map.input, readBy: id, 0..<map.affine.channels, axis: map.axis)
        try absorb(map, of: id, into: sites)
      } catch {
        if let failure = error.failure { throw failure }
        if node.isNormalization || maps[id].map({ isMadeByLinear($0.input) }) == true {
          refusals[id] = error.reason
        }
      }
    }
  }

  /// Folds what is left into the linear operator behind it, against the order of the data.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  mutating func foldForward() throws(InfoldError) {
    for id in graph.nodeIDs.reversed() where absorbedBackward[id] == nil {
      guard let map = maps[id] else { continue }
      do throws(ChannelMap.Refusal) {
        try absorbForward(map, of: id)
        refusals[id] = nil
      } catch {
        if let failure = error.failure { throw failure }
        if let reason = refusals[id] { refusals[id] = reason + "; " + error.reason }
      }
    }
  }

  /// Leaves an Add right behind a MatMul alone when it is all that there is to fold: the same Add would come out.
  mutating func keepBiasesOfMatMul() {
    for (id, plan) in plans where !plan.linear.takesBias && plan.before.isEmpty && plan.behind.count == 1 {
      guard !graph[plan.behind[0].node].isNormalization, plan.output.scale.allSatisfy({ $0 == 1 }),
        absorbedBackward[plan.behind[0].node]?.input == graph[id].outputs[0]
      else { continue }
      plans[id] = nil
      absorbedBackward[plan.behind[0].node] = nil
    }
  }

  /// Whether a linear operator makes a value, with maps that it took in between.
  private func isMadeByLinear(_ value: ValueID) -> Bool {
    var value = value
    for _ in 0...64 {
      guard let producer = index.producer(of: value) else { return false }
      guard let map = absorbedBackward[producer] else { return graph[producer].typed?.linearForm != nil }
      value = map.input
    }
    return false
  }
}

// MARK: - Into the operator before

extension FoldSearch {
  private typealias Refusal = ChannelMap.Refusal

  /// A linear operator, and the channels of a map that it makes.
  private struct Site {
    var node: NodeID
    var channels: Range<Int>
  }

  /// Channels of a value that are looked for.
  private struct Origin {
    var value: ValueID
    /// The node that reads the value, and must be the only one.
    var reader: NodeID
    var channels: Range<Int>
  }

  /// The linear operators that make `channels` of `value`, found through nodes that hand channels on unchanged.
  /// - Parameter reader: The node that reads `value`, and must be the only one.
  private func linearOperators(
    making value: ValueID, readBy reader: NodeID, _ channels: Range<Int>, axis: Int
  ) throws(Refusal) -> [Site] {
    var sites: [Site] = []
    // What is looked for next stands last.
    var origins = [Origin(value: value, reader: reader, channels: channels)]
    var steps = 0
    while let origin = origins.popLast() {
      try Self.count(&steps)
      guard let producer = index.producer(of: origin.value) else {
        throw Refusal(
          graph.captures.contains(origin.value)
            ? "its input is a value of the graph around the body" : "its input is an input of the graph")
      }
      let node = graph[producer]
      try requireSingleUse(of: origin.value, by: origin.reader, madeBy: node)
      if let input = absorbedBackward[producer]?.input ?? graph.handedOnInput(of: node) {
        origins.append(Origin(value: input, reader: producer, channels: origin.channels))
      } else if let joined = graph.axisMapping(of: node).joinedAxis {
        guard joined == axis else { throw Refusal("\(graph.label(of: node)) joins another axis than the channels") }
        origins += try branches(of: producer, origin.channels, axis: axis).reversed()
      } else {
        sites.append(try site(producer, making: origin, axis: axis))
      }
    }
    return sites
  }

  /// Gives up where so many nodes stand between a map and the operators with weights that looking there for every map would take
  /// long.
  private static func count(_ steps: inout Int) throws(Refusal) {
    steps += 1
    guard steps <= 1000 else { throw Refusal("more than 1000 nodes stand between it and an operator with weights") }
  }

  /// The linear operator of a node that makes all of the channels.
  private func site(_ producer: NodeID, making origin: Origin, axis: Int) throws(Refusal) -> Site {
    let node = graph[producer]
    guard node.typed?.linearForm != nil else {
      throw Refusal("its input comes from \(graph.label(of: node)), which has no weights to fold into")
    }
    let linear = try linearOperator(producer)
    guard linear.outputChannels == origin.channels.count else {
      throw Refusal(
        "\(graph.label(of: node)) has \(counted(linear.outputChannels, "output channel")), and \(origin.channels.count) are mapped"
      )
    }
    if linear.form.writesChannelsLast, graph[origin.value].type?.shape?.rank != axis + 1 {
      throw Refusal("its channels are not the last dimension, along which \(graph.label(of: node)) writes its own")
    }
    return Site(node: producer, channels: origin.channels)
  }

  /// The values that a concatenation joins along the channels.
  private func branches(of id: NodeID, _ channels: Range<Int>, axis: Int) throws(Refusal) -> [Origin] {
    let node = graph[id]
    var seen: Set<ValueID> = []
    var branches: [Origin] = []
    var first = channels.lowerBound
    for input in node.inputs.compactMap({ $0 }) {
      guard let count = graph[input].type?.shape?[axis].size else {
        throw Refusal("the number of channels of a branch of \(graph.label(of: node)) is not known")
      }
      guard seen.insert(input).inserted else { throw Refusal("\(graph.label(of: node)) joins a value with itself") }
      branches.append(Origin(value: input, reader: id, channels: first..<(first + count)))
      first += count
    }
    return branches
  }

  private func requireSingleUse(of value: ValueID, by reader: NodeID, madeBy node: Node) throws(Refusal) {
    let maker = graph.label(of: node)
    if index.isOutput(value) { throw Refusal("the output of \(maker) is an output of the graph") }
    if index.isCaptured(value) { throw Refusal("the output of \(maker) is used by a subgraph") }
    guard index.consumers(of: value) == [reader] else {
      throw Refusal("the output of \(maker) has another consumer")
    }
  }

  /// The linear operator of a node whose weights may be changed.
  private func linearOperator(_ id: NodeID) throws(Refusal) -> LinearOperator {
    let node = graph[id], label = graph.label(of: node)
    guard let weight = node.inputs[1], let shape = graph[weight].type?.shape?.sizes ?? graph.constant(weight)?.shape,
      let linear = LinearOperator(node, weight: shape)
    else { throw Refusal("the shape of the weight of \(label) is not known") }
    try graph.requireFloatingPoint(weight, called: "the weight of \(label)")
    if linear.takesBias, node.inputs.count > 2, let bias = node.inputs[2] {
      try graph.requireFloatingPoint(bias, called: "the bias of \(label)")
      let perChannel = try Refusal.carryingErrors { () throws(InfoldError) in
        try linear.biasPerChannel(graph.constant(bias)!)
      }
      guard perChannel != nil else {
        throw Refusal("the bias of \(label) is not one number per channel")
      }
    }
    return linear
  }

  private mutating func absorb(_ map: ChannelMap, of id: NodeID, into sites: [Site]) throws(Refusal) {
    var changed: [(NodeID, Plan)] = []
    for site in sites {
      var plan = try plan(for: site.node)
      try requireFew(plan.behind, site.node)
      plan.output = plan.output.followed(by: map.affine.slice(site.channels))
      plan.behind.append(Part(node: id, channels: site.channels))
      try requireConstants(plan, site.node)
      changed.append((site.node, plan))
    }
    for (node, plan) in changed { plans[node] = plan }
    absorbedBackward[id] = map
  }

  /// Each map that is folded goes through all of those before once more.
  private func requireFew(_ parts: [Part], _ id: NodeID) throws(Refusal) {
    guard parts.count < 64 else { throw Refusal("64 others are folded into \(graph.label(of: graph[id])) already") }
  }

  /// What is folded into an operator up to now.
  func plan(for id: NodeID) throws(ChannelMap.Refusal) -> Plan {
    if let plan = plans[id] { return plan }
    let linear = try linearOperator(id)
    let weight = graph[id].inputs[1].flatMap(graph.constant)
    let largest = try ChannelMap.Refusal.carryingErrors { () throws(InfoldError) in try weight?.largestMagnitude() }
    return Plan(
      linear: linear, largestWeight: largest ?? .nan,
      input: ChannelAffine(identityOf: linear.inputChannels),
      output: ChannelAffine(identityOf: linear.outputChannels))
  }

  /// What is folded into an operator up to now; `nil` for one into which nothing can be.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  func planIfFoldable(for id: NodeID) throws(InfoldError) -> Plan? {
    do throws(ChannelMap.Refusal) {
      return try plan(for: id)
    } catch {
      if let failure = error.failure { throw failure }
      return nil
    }
  }

  /// The new bias, in double precision.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  func foldedBias(_ plan: Plan, of id: NodeID) throws(InfoldError) -> FoldedBias {
    let node = graph[id]
    let bias = node.inputs.count > 2 ? node.inputs[2].flatMap(graph.constant) : nil
    return try FoldedBias(
      plan.linear, weight: node.inputs[1].flatMap(graph.constant),
      bias: bias.flatMap { bias throws(InfoldError) in try plan.linear.biasPerChannel(bias) },
      input: plan.input, output: plan.output)
  }

  /// Takes a weight out of the graph, which nobody looks at any more.
  mutating func release(_ weight: ValueID) { graph[weight].initializer = nil }

  /// Refuses new constants that their type cannot hold, or of which rounding loses what matters.
  private func requireConstants(_ plan: Plan, _ id: NodeID) throws(Refusal) {
    let node = graph[id]
    guard let weight = node.inputs[1].flatMap(graph.constant) else { return }
    let type = weight.elementType
    let bias = try Refusal.carryingErrors { () throws(InfoldError) in try foldedBias(plan, of: id) }
    // Where the largest of all products is small enough, each is.
    let largest = { (scales: [Double]) in scales.reduce(0) { Double.maximum($0, $1.magnitude) } }
    let bound = plan.largestWeight * largest(plan.input.scale) * largest(plan.output.scale)
    let products = try Refusal.carryingErrors { () throws(InfoldError) in
      type.canHold(bound) ? [] : try plan.linear.scaled(weight, input: plan.input.scale, output: plan.output.scale)
    }
    for (what, numbers) in [("weight", products), ("bias", bias.values)] {
      if let element = numbers.firstIndex(where: { !type.canHold($0) }) {
        throw Refusal(
          "element \(element) of the folded \(what) of \(graph.label(of: node)) would be \(numbers[element]), outside the "
            + "range of \(type)")
      }
    }
    if let loss = try FoldLoss(plan.linear, weight, bias, input: plan.input, output: plan.output) {
      throw Refusal(
        "\(type) has too few digits for the folded weight and bias of channel \(loss.channel) of \(graph.label(of: node)): "
          + "numbers of the size of \(loss.cancelling) would cancel, and results be off by up to \(loss.error)")
    }
  }
}

// MARK: - Into the operator behind

extension FoldSearch {
  private mutating func absorbForward(_ map: ChannelMap, of id: NodeID) throws(Refusal) {
    guard !index.isOutput(map.output) else { throw Refusal("its own output is an output of the graph") }
    guard !index.isCaptured(map.output) else { throw Refusal("its own output is used by a subgraph") }
    var value = map.output
    var target: NodeID?
    var steps = 0
    while target == nil {
      try Self.count(&steps)
      // What hands it on does so under another name.
      guard !index.isOutput(value) else { throw Refusal("what follows it is an output of the graph") }
      guard !index.isCaptured(value) else { throw Refusal("what follows it is used by a subgraph") }
      guard let reader = index.consumers(of: value).first else { throw Refusal("nothing reads its output") }
      guard index.consumers(of: value).count == 1 else { throw Refusal("its own output has several consumers") }
      if absorbedForward[reader]?.input == value {
        value = absorbedForward[reader]!.output
      } else if graph.handedOnInput(of: graph[reader]) == value, let output = graph[reader].outputs[0] {
        value = output
      } else {
        target = reader
      }
    }
    guard let target, graph[target].inputs[0] == value, graph[target].inputs.count(where: { $0 == value }) == 1,
      map.axis == 1
    else { throw Refusal("no operator with weights follows") }
    try requireNoBorder(at: target, for: map)
    var plan = try plan(for: target)
    try requireFew(plan.before, target)
    guard plan.linear.inputChannels == map.affine.channels else {
      throw Refusal("\(graph.label(of: graph[target])) has \(counted(plan.linear.inputChannels, "input channel"))")
    }
    plan.input = map.affine.followed(by: plan.input)
    plan.before.insert(Part(node: id, channels: 0..<map.affine.channels), at: 0)
    try requireConstants(plan, target)
    plans[target] = plan
    absorbedForward[id] = map
  }

  /// Folding into the next operator is exact when it reads nothing but mapped numbers: no padding, or none that matters
  /// because the map leaves zero at zero.
  private func requireNoBorder(at id: NodeID, for map: ChannelMap) throws(Refusal) {
    let node = graph[id], label = graph.label(of: node)
    switch node.typed?.linearForm?.reading {
    case .numbers: break
    case .transposed: throw Refusal("\(label) transposes its input")
    case .window:
      let shape = node.inputs[0].flatMap { graph[$0].type?.shape }
      guard let weight = node.inputs[1].flatMap(graph.constant)?.shape,
        let pads = node.typed?.mayPad(input: shape, weight: weight)
      else { throw Refusal("the weight of \(label) is no constant") }
      guard map.affine.shift.allSatisfy({ $0 == 0 }) || !pads else {
        throw Refusal("\(label) pads with zeros, which the shift would turn into other numbers at the border")
      }
    case nil: throw Refusal("no operator with weights follows")
    }
  }
}

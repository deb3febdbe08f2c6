import InfoldGraph
import InfoldOperators
import InfoldSystem

extension FoldSearch {
  /// Channels of a value whose producers are searched.
  private struct Origin {
    var value: ValueID
    /// The node that reads the elements of the value. It must be the only one.
    var reader: NodeID
    var channels: Range<Int>
    /// The channel axis.
    var axis: Int
    /// Whether the search started from a normalization or from a map that follows one. Arithmetic
    /// alone is not moved across nodes that rearrange elements, where it may be part of something
    /// else.
    var isNormalized: Bool
    var isRearranged = false
  }

  /// Returns the linear operators that produce the input of a map, searching through nodes that
  /// forward channels unchanged.
  func sites(making map: ChannelMap, of id: NodeID) throws(Refusal) -> [Site] {
    var sites: [Site] = []
    // A stack: the last element is searched next.
    var origins = [
      Origin(
        value: map.input, reader: id, channels: 0..<map.affine.channels, axis: map.axis,
        isNormalized: graph[id].isNormalization)
    ]
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
      if let further = try self.origins(handedOnBy: producer, to: origin) {
        origins += further.reversed()
      } else {
        sites.append(try site(producer, making: origin))
      }
    }
    return sites
  }

  /// Returns the origins of the channels that a node forwards, or `nil` if it is another kind of
  /// node.
  private func origins(handedOnBy id: NodeID, to origin: Origin) throws(Refusal) -> [Origin]? {
    let node = graph[id]
    var before = origin
    before.reader = id
    if let fold = folds[id] {
      before.value = fold.map.input
      before.isNormalized = origin.isNormalized || node.isNormalization
      return [before]
    }
    if let input = graph.forwardedInput(of: node) {
      before.value = input
      return [before]
    }
    if let joined = graph.axisMapping(of: node).joinedAxis {
      guard joined == origin.axis else {
        throw Refusal("\(graph.label(of: node)) concatenates along another axis than the channels")
      }
      return try branches(of: id, before)
    }
    guard origin.isNormalized, let input = graph.rearrangedInput(of: node) else { return nil }
    guard let axis = graph.inputAxis(of: node, for: origin.axis, trustsSymbols: trustsSymbols) else {
      throw Refusal("its input comes from \(graph.label(of: node)), which may mix channels")
    }
    (before.value, before.axis, before.isRearranged) = (input, axis, true)
    return [before]
  }

  /// Returns the values that a concatenation joins along the channels.
  private func branches(of id: NodeID, _ origin: Origin) throws(Refusal) -> [Origin] {
    let node = graph[id]
    var seen: Set<ValueID> = []
    var branches: [Origin] = []
    var first = origin.channels.lowerBound
    for input in node.inputs.compactMap({ $0 }) {
      guard let count = graph[input].type?.shape?[origin.axis].size else {
        throw Refusal("the number of channels of a branch of \(graph.label(of: node)) is unknown")
      }
      guard seen.insert(input).inserted else {
        throw Refusal("\(graph.label(of: node)) concatenates a value with itself")
      }
      var branch = origin
      (branch.value, branch.channels) = (input, first..<(first + count))
      branches.append(branch)
      first += count
    }
    return branches
  }

  /// Returns the linear operator of a node that produces all of the channels.
  private func site(_ id: NodeID, making origin: Origin) throws(Refusal) -> Site {
    let node = graph[id], label = graph.label(of: node)
    guard node.typed?.linearForm != nil else {
      throw Refusal("its input comes from \(label), which has no weights to fold into")
    }
    let linear = try linearOperator(id)
    guard linear.outputChannels == origin.channels.count else {
      throw Refusal(
        "\(label) has \(counted(linear.outputChannels, "output channel")), but \(origin.channels.count) are mapped")
    }
    let rank = graph[origin.value].type?.shape?.rank
    guard rank.map(linear.channelAxis(rank:)) ?? (linear.form.writesChannelsLast ? nil : 1) == origin.axis else {
      let place = linear.form.writesChannelsLast ? "last" : "second"
      throw Refusal("its channel axis is not the \(place) axis, along which \(label) writes channels")
    }
    return Site(node: id, channels: origin.channels, isRearranged: origin.isRearranged)
  }

  /// Checks that no other node reads the elements of a value. Other nodes may read its shape.
  private func requireSingleUse(of value: ValueID, by reader: NodeID, madeBy node: Node) throws(Refusal) {
    let maker = graph.label(of: node)
    if index.isOutput(value) { throw Refusal("the output of \(maker) is an output of the graph") }
    if index.isCaptured(value) { throw Refusal("the output of \(maker) is used by a subgraph") }
    let others = index.consumers(of: value).lazy.filter { $0 != reader }
    guard others.allSatisfy({ graph[$0].typed.map { type(of: $0).followsFromShapes } == true }) else {
      throw Refusal("the output of \(maker) has another consumer")
    }
  }
}

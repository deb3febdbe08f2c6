import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension Graph {
  /// The graph with what stands behind sizes that a run decides in regions, each of which is planned when its sizes are known. What
  /// decides them is at the end of the region before.
  ///
  /// If and Loop stay where they are, as far as levels tell where that is: their bodies are planned by themselves.
  /// - Throws: `InfoldError` with `.unsupported` for nodes that cannot be run.
  func outliningDataDependentRegions() throws(InfoldError) -> Graph {
    let isOpen = nodes.contains { $0.definitions.contains { self[$0].type?.shape?.sizes == nil } }
    guard isOpen else { return self }
    try requireNoOpaqueNodes()
    let dependence = try DataDependence(self)
    var members: [DataDependence.Level: (region: [NodeID], bodyOperators: [NodeID])] = [:]
    for (id, level) in zip(nodeIDs, dependence.levels) {
      if level > .none, level != .unknown, self[id].typed is any BodyOperator {
        members[level, default: ([], [])].bodyOperators.append(id)
      } else {
        members[level, default: ([], [])].region.append(id)
      }
    }
    guard members.contains(where: { $0.key > .none && !$0.value.region.isEmpty }) else { return self }
    var ordered: [Node] = []
    for (level, (region, bodyOperators)) in members.sorted(by: { $0.key < $1.key }) {
      if level == .none {
        ordered += region.map { self[$0] }
      } else if let node = try self.region(region, dependence) {
        ordered.append(node)
      }
      ordered += bodyOperators.map { self[$0] }
    }
    var graph = self
    graph.replaceNodes(ordered)
    return graph
  }

  /// A node in the place of these; `nil` where nobody reads what they make.
  private func region(_ members: [NodeID], _ dependence: DataDependence) throws(InfoldError) -> Node? {
    let inside = Set(members)
    let all = withWhatFollowsFromSizes(members, dependence)
    let made = Set(all.flatMap { self[$0].definitions })
    var body = Graph(name: name)
    body.declaredShapes = declaredShapes
    var ids: [ValueID: ValueID] = [:]
    func inBody(_ id: ValueID) -> ValueID {
      if let known = ids[id] { return known }
      let new = body.add(Value(name: self[id].name, type: self[id].type))
      ids[id] = new
      if !made.contains(id) { body.captures.append(new) }
      return new
    }
    for id in all {
      var node = self[id]
      node.inputs = node.inputs.map { $0.map(inBody) }
      node.captures = node.captures.map(inBody)
      node.outputs = node.outputs.map { $0.map(inBody) }
      body.add(node)
    }
    let outputs = members.flatMap { self[$0].definitions }.filter { value in
      index.isOutput(value) || index.consumers(of: value).contains { !inside.contains($0) }
    }
    guard !outputs.isEmpty else { return nil }
    body.outputs = outputs.map(inBody)
    let captures = ids.keys.filter { !made.contains($0) }.sorted()
    body.captures = captures.map { ids[$0]! }
    return try Node(
      internal: DataDependentRegion.name, name: "", attributes: ["body": .graph(body)], inputs: [], outputs: outputs,
      captures: captures)
  }

  /// These nodes, and those before them which make of sizes what they read: a region knows tensors that it is given by their sizes alone,
  /// and computes from them what it needs to know ahead.
  private func withWhatFollowsFromSizes(_ members: [NodeID], _ dependence: DataDependence) -> [NodeID] {
    var all = Set(members), open = members
    while let id = open.popLast() {
      for use in self[id].uses where dependence.followsFromSizes[use.index] && !isConstant(use) {
        if let producer = index.producer(of: use), all.insert(producer).inserted { open.append(producer) }
      }
    }
    return all.sorted()
  }
}

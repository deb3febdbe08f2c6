import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension Graph {
  /// Returns the graph with nodes of data-dependent sizes grouped into regions. Each region is
  /// planned at run time, when its sizes are known. The nodes that determine the sizes are at the
  /// end of the previous region.
  ///
  /// If and Loop stay outside regions if their level is known, because their bodies are planned
  /// separately.
  ///
  /// - Throws: `InfoldError.Code.unsupported` if the graph has nodes that cannot run.
  func outliningDataDependentRegions() throws(InfoldError) -> Graph {
    let isOpen = nodes.contains { $0.definitions.contains { self[$0].type?.shape?.sizes == nil } }
    guard isOpen else { return self }
    try requireNoOpaqueNodes()
    let dependence = try DataDependence(self)
    guard dependence.levels.contains(where: { $0 > .none }) else { return self }
    var regions: [DataDependence.Level: [NodeID]] = [:]
    var others: [DataDependence.Level: [NodeID]] = [:]
    for (id, level) in zip(nodeIDs, dependence.levels) {
      if level == .none || level != .unknown && self[id].typed is any BodyOperator {
        others[level, default: []].append(id)
      } else {
        regions[level, default: []].append(id)
      }
    }
    var contents: [DataDependence.Level: [NodeID]] = [:], allowance = max(4 * nodes.count, Self.fewestCopies)
    for level in regions.keys.sorted() {
      contents[level] = withShapeComputations(regions[level]!, dependence, &allowance)
    }
    var needed = Set(outputs)
    for node in others.values.joined() { needed.formUnion(self[node].uses) }
    for nodes in contents.values { needed.formUnion(externalUses(of: nodes)) }

    var ordered: [Node] = []
    for level in Set(regions.keys).union(others.keys).sorted() {
      if let members = regions[level] {
        let outputs = members.flatMap { self[$0].definitions }.filter(needed.contains)
        if !outputs.isEmpty { ordered.append(try region(contents[level]!, outputs: outputs)) }
      }
      ordered += (others[level] ?? []).map { self[$0] }
    }
    var graph = self
    graph.replaceNodes(ordered)
    return graph
  }

  /// Returns a node that replaces these nodes.
  private func region(_ members: [NodeID], outputs: [ValueID]) throws(InfoldError) -> Node {
    var body = Graph(name: name)
    body.declaredShapes = declaredShapes
    var ids: [ValueID: ValueID] = [:]
    func inBody(_ id: ValueID) -> ValueID {
      if let known = ids[id] { return known }
      let new = body.add(Value(name: self[id].name, type: self[id].type))
      ids[id] = new
      return new
    }
    for id in members {
      var node = self[id]
      node.inputs = node.inputs.map { $0.map(inBody) }
      node.captures = node.captures.map(inBody)
      node.outputs = node.outputs.map { $0.map(inBody) }
      body.add(node)
    }
    body.outputs = outputs.map(inBody)
    let captures = externalUses(of: members)
    body.captures = captures.map(inBody)
    return try Node(
      internal: DataDependentRegion.name, name: "", attributes: ["body": .graph(body)], inputs: [], outputs: outputs,
      captures: captures)
  }

  /// Returns the values that these nodes read and none of them computes.
  private func externalUses(of nodes: [NodeID]) -> [ValueID] {
    let made = Set(nodes.flatMap { self[$0].definitions })
    return Set(nodes.flatMap { Array(self[$0].uses) }).subtracting(made).sorted()
  }

  /// Returns these nodes with the preceding nodes that compute their inputs from sizes. A region
  /// knows only the sizes of its inputs, and needs these nodes to infer shapes before it runs. If
  /// too many nodes would have to be copied, the region determines the shapes at run time.
  ///
  /// - Parameter allowance: The number of nodes that may still be copied into regions.
  private func withShapeComputations(
    _ members: [NodeID], _ dependence: DataDependence, _ allowance: inout Int
  ) -> [NodeID] {
    var all = Set(members), open = members
    while let id = open.popLast() {
      for use in self[id].uses where dependence.followsFromSizes[use.index] && !isConstant(use) {
        guard let producer = index.producer(of: use), all.insert(producer).inserted else { continue }
        guard allowance > 0 else { return members }
        allowance -= 1
        open.append(producer)
      }
    }
    return all.sorted()
  }

  /// The minimum number of nodes that may be copied, for small graphs.
  private static var fewestCopies: Int { 1024 }
}

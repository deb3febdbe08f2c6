import InfoldGraph
import InfoldSystem
import InfoldTensor

extension PlanFactory {
  /// What a session runs for inputs of these types.
  /// - Parameter graph: The graph with open sizes, which has gone through the passes.
  func runPlan(_ graph: Graph, inputs types: [ValueID: TensorType]) throws(InfoldError) -> RunPlan {
    let bound = try optimized(graph.binding(inputs: types))
    let plan = try imageByImage(bound) { () throws(InfoldError) in
      let single = types.mapValues { TensorType($0.elementType, $0.shape.map { Shape([.fixed(1)] + $0.dropFirst()) }) }
      return try optimized(graph.binding(inputs: single))
    }
    if let plan { return plan }
    return RunPlan([try self.plan(bound)], budget: budget)
  }

  /// What a session runs for a graph of fixed sizes, which has gone through the passes.
  func runPlan(_ graph: consuming Graph) throws(InfoldError) -> RunPlan {
    let plan = try imageByImage(graph) { [graph] () throws(InfoldError) in
      var single = graph
      let inputs = Set(single.inputs)
      for id in single.valueIDs where single[id].initializer == nil {
        guard inputs.contains(id) else {
          single[id].type = nil
          continue
        }
        single[id].type?.shape?[0] = .fixed(1)
      }
      try single.inferTypes()
      return single
    }
    if let plan { return plan }
    return RunPlan([try self.plan(consume graph)], budget: budget)
  }

  /// A batch is computed image by image where the graph keeps images apart and one image is work enough, since the working memory of
  /// one stays in the caches; only the fully connected layers at the end take all images at once, for what they read is mostly
  /// weights.
  /// - Parameters:
  ///   - bound: The graph of a batch.
  ///   - single: Gives the same of one image; may fail.
  private func imageByImage(
    _ bound: Graph, single: () throws(InfoldError) -> Graph
  ) throws(InfoldError) -> RunPlan? {
    guard optimizes, let first = bound.inputs.first, let batch = bound[first].type?.shape?.first?.size, batch > 1 else {
      return nil
    }
    let separation = BatchSeparation(bound, batch: batch)
    guard separation.separableCount > 0, let one = try? single(), separation.isSame(one, as: bound) else {
      return nil
    }
    if let end = bound.firstFullyConnected, end <= separation.separableCount, let value = bound.onlyValue(across: end),
      let counterpart = one.onlyValue(across: end)
    {
      let front = try plan(one.front(end, output: counterpart), images: batch)
      guard front.canRunImageByImage, front.arenaByteCount >= Self.smallestImage else { return nil }
      return RunPlan([front, try plan(bound.rest(end, input: value))], budget: budget)
    }
    guard separation.separableCount == bound.nodes.count else { return nil }
    let whole = try plan(one, images: batch)
    guard whole.canRunImageByImage, whole.arenaByteCount >= Self.smallestImage else { return nil }
    return RunPlan([whole], budget: budget)
  }

  /// The working memory of an image below which a batch is better off together, in bytes.
  private static let smallestImage = 1 << 16
}

extension Graph {
  /// The first node that multiplies one row for each image with weights.
  fileprivate var firstFullyConnected: Int? {
    nodes.firstIndex { node in
      guard node.inputs.count > 1, let rows = node.inputs[0], let weights = node.inputs[1], isConstant(weights),
        let type = self[rows].type, type.elementType.isFloatingPoint, type.shape?.rank == 2
      else { return false }
      return multiplyAccumulates(of: node) ?? 0 > 0
    }
  }

  /// The value through which everything goes from the nodes before `position` to those from there on, if there is only one.
  fileprivate func onlyValue(across position: Int) -> ValueID? {
    let before = Set(nodes[..<position].flatMap(\.definitions))
    let read = Set(nodes[position...].flatMap(\.uses)).filter { !isConstant($0) }
    let made = Set(nodes[position...].flatMap(\.definitions))
    let crossing = read.subtracting(made)
    guard crossing.count == 1, let value = crossing.first, before.contains(value), before.isDisjoint(with: outputs),
      outputs.allSatisfy(made.contains)
    else { return nil }
    return value
  }

  /// The graph of the nodes before `position`.
  fileprivate func front(_ position: Int, output: ValueID) -> Graph {
    var graph = self
    graph.replaceNodes(Array(nodes[..<position]))
    graph.outputs = [output]
    return graph
  }

  /// The graph of the nodes from `position` on.
  fileprivate func rest(_ position: Int, input: ValueID) -> Graph {
    var graph = self
    graph.replaceNodes(Array(nodes[position...]))
    graph.inputs = [input]
    return graph
  }
}

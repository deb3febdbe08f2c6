import InfoldGraph
import InfoldSystem
import InfoldTensor

extension PlanFactory {
  /// What a session runs for a graph of fixed sizes, which has gone through the passes.
  func runPlan(_ graph: consuming Graph) throws(InfoldError) -> RunPlan {
    guard optimizes, let first = graph.inputs.first, let batch = graph[first].type?.shape?.first?.size else {
      return RunPlan([PlanPart(try plan(consume graph))])
    }
    if batch == 1 { return RunPlan([PlanPart(try imagePlan(consume graph, sharers: workers))]) }
    if let parts = try imageByImage(graph, batch) { return RunPlan(parts) }
    return RunPlan([PlanPart(try plan(consume graph))])
  }

  /// A batch is computed image by image where the operators keep images apart and one image is work enough, since the working memory
  /// of one stays in the caches; only the fully connected layers at the end take all images at once, for what they read is mostly
  /// weights. Threads take an image each where there are enough.
  private func imageByImage(_ graph: Graph, _ batch: Int) throws(InfoldError) -> [PlanPart]? {
    let separation = BatchSeparation(graph, batch: batch)
    if let end = graph.firstFullyConnected, end <= separation.separableCount, let value = graph.onlyValue(across: end) {
      guard let front = try separation.oneImage(nodes: end, outputs: [value]), isWorthAPlan(front) else {
        return nil
      }
      return [
        try part(imagePlan(front, sharers: sharers(ofBatch: batch)), images: batch),
        PlanPart(try plan(graph.rest(end, input: value))),
      ]
    }
    let end = graph.nodes.count
    guard end > 0, separation.separableCount == end,
      let whole = try separation.oneImage(nodes: end, outputs: graph.outputs), isWorthAPlan(whole)
    else { return nil }
    return [try part(imagePlan(whole, sharers: sharers(ofBatch: batch)), images: batch)]
  }

  /// The threads that share the steps of an image.
  private func sharers(ofBatch images: Int) -> Int {
    images >= workers && images <= WorkerPool.mostTasks ? 1 : workers
  }

  /// A part of a run that goes through images, by threads that take one each if its plan is for a single thread, nothing in it is for
  /// all of the run, and memory suffices.
  func part(_ plan: Plan, images: Int) -> PlanPart {
    guard workers > 1, sharers(ofBatch: images) == 1, plan.sharers == 1, plan.hasKernelsOnly else {
      return PlanPart(plan, images: images)
    }
    let part = PlanPart(plan, images: images, lanes: workers)
    let hasRoom = part.workingByteCount(workers: workers) <= budget.available
    return hasRoom ? part : PlanPart(plan, images: images)
  }

  /// The plan of the graph of one image, which may be there already.
  /// - Parameter sharers: The threads that share its steps.
  private func imagePlan(_ graph: consuming Graph, sharers: Int) throws(InfoldError) -> Plan {
    let content = graph.content
    if let content, let present = imagePlans.plan(of: content, sharers: sharers) { return present }
    let plan = try sharing(among: sharers).plan(consume graph)
    if let content { imagePlans.add(plan, of: content) }
    return plan
  }

  /// Whether kernels compute every node, and what a node works on would not stay in the first-level cache for a whole batch.
  private func isWorthAPlan(_ image: Graph) -> Bool {
    image.workedOnByteCount >= Self.smallestImage && image.nodes.allSatisfy { image.lowering(of: $0) != nil }
  }

  /// The bytes that a node must work on of an image, below which a batch is better off together.
  private static let smallestImage = 1 << 16
}

extension Graph {
  /// The most bytes that a node reads of what others make, and makes for others; of products and convolutions, which want a layout of
  /// their own, also what comes in and goes out.
  fileprivate var workedOnByteCount: Int {
    let handedOn = Set(nodes.flatMap(\.definitions)).subtracting(outputs)
    return nodes.reduce(0) { largest, node in
      var values = Set(node.uses).union(node.definitions)
      if multiplyAccumulates(of: node) ?? 0 > 0 {
        values = values.filter { !isConstant($0) }
      } else {
        values.formIntersection(handedOn)
      }
      return max(largest, values.reduce(0) { $0 + (self[$1].type?.byteCount ?? 0) })
    }
  }

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

  /// The graph of the nodes from `position` on.
  fileprivate func rest(_ position: Int, input: ValueID) -> Graph {
    var graph = self
    graph.replaceNodes(Array(nodes[position...]))
    graph.inputs = [input]
    return graph
  }
}

extension TensorType {
  /// The bytes of a tensor of this type; `nil` where sizes are not known, or too large.
  fileprivate var byteCount: Int? {
    shape?.sizes.flatMap(checkedProduct).flatMap(elementType.byteCount)
  }
}

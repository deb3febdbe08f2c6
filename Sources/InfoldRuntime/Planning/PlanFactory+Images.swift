import InfoldGraph
import InfoldSystem
import InfoldTensor

extension PlanFactory {
  /// Returns the plan that a session runs for an optimized graph of fixed sizes.
  func runPlan(_ graph: consuming Graph) throws(InfoldError) -> RunPlan {
    guard optimizes, let first = graph.inputs.first, let batch = graph[first].type?.shape?.first?.size else {
      return RunPlan([PlanPart(try plan(consume graph))])
    }
    if batch == 1 { return RunPlan([PlanPart(try imagePlan(consume graph, sharers: workers))]) }
    if let parts = try imageByImage(graph, batch) { return RunPlan(parts) }
    return RunPlan([PlanPart(try plan(consume graph))])
  }

  /// Plans a batch image by image, if the operators keep images apart and one image is enough work.
  /// The working memory of one image stays in the caches. Only fully connected layers at the end
  /// process all images at once, because they mostly read weights. If there are enough images, each
  /// thread takes whole images.
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

  /// Returns the number of threads that share the steps of an image.
  private func sharers(ofBatch images: Int) -> Int {
    images >= workers && images <= WorkerPool.mostTasks ? 1 : workers
  }

  /// Creates a part of a run that processes images. Threads take one image each if the plan is for
  /// a single thread, no step needs tensors of the whole run, and memory suffices.
  func part(_ plan: Plan, images: Int) -> PlanPart {
    guard workers > 1, sharers(ofBatch: images) == 1, plan.sharers == 1, plan.hasKernelsOnly else {
      return PlanPart(plan, images: images)
    }
    let part = PlanPart(plan, images: images, lanes: workers)
    let hasRoom = part.workingByteCount(workers: workers) <= budget.available
    return hasRoom ? part : PlanPart(plan, images: images)
  }

  /// Returns the plan of a graph for one image, which may exist already.
  ///
  /// - Parameter sharers: The number of threads that share its steps.
  private func imagePlan(_ graph: consuming Graph, sharers: Int) throws(InfoldError) -> Plan {
    let content = graph.content
    if let content, let present = imagePlans.plan(of: content, sharers: sharers) { return present }
    let plan = try sharing(among: sharers).plan(consume graph)
    if let content { imagePlans.add(plan, of: content) }
    return plan
  }

  /// Returns whether kernels compute every node, and the operands of some node for a whole batch
  /// would not stay in the first-level cache.
  private func isWorthAPlan(_ image: Graph) -> Bool {
    image.workedOnByteCount >= Self.smallestImage && image.nodes.allSatisfy { image.lowering(of: $0) != nil }
  }

  /// The minimum working set of a node for one image, in bytes, above which images are processed
  /// one by one.
  private static let smallestImage = 1 << 16
}

extension Graph {
  /// The largest working set of a node in bytes: the intermediate values that it reads and writes.
  /// For products and convolutions, which need their own layout, graph inputs and outputs count as
  /// well.
  fileprivate var workedOnByteCount: Int {
    let forwarded = Set(nodes.flatMap(\.definitions)).subtracting(outputs)
    return nodes.reduce(0) { largest, node in
      var values = Set(node.uses).union(node.definitions)
      if multiplyAccumulates(of: node) ?? 0 > 0 {
        values = values.filter { !isConstant($0) }
      } else {
        values.formIntersection(forwarded)
      }
      return max(largest, values.reduce(0) { $0 + (self[$1].type?.byteCount ?? 0) })
    }
  }

  /// The index of the first node that multiplies one row per image by weights.
  fileprivate var firstFullyConnected: Int? {
    nodes.firstIndex { node in
      guard node.inputs.count > 1, let rows = node.inputs[0], let weights = node.inputs[1], isConstant(weights),
        let type = self[rows].type, type.elementType.isFloatingPoint, type.shape?.rank == 2
      else { return false }
      return multiplyAccumulates(of: node) ?? 0 > 0
    }
  }

  /// Returns the only value that nodes from `position` on read from earlier nodes, or `nil` if
  /// there are several.
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

  /// Returns the graph of the nodes starting at `position`.
  fileprivate func rest(_ position: Int, input: ValueID) -> Graph {
    var graph = self
    graph.replaceNodes(Array(nodes[position...]))
    graph.inputs = [input]
    return graph
  }
}

extension TensorType {
  /// The size of a tensor of this type in bytes; `nil` if sizes are unknown or too large.
  fileprivate var byteCount: Int? {
    shape?.sizes.flatMap(checkedProduct).flatMap(elementType.byteCount)
  }
}

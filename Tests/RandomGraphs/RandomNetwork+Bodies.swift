import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// If and Loop, with bodies that grow like the enclosing network.
extension RandomNetwork {
  /// An If whose branches capture values. Their outputs have the same shape, or different ones.
  mutating func addConditional(_ x: Operand) throws(InfoldError) {
    guard depth < 2 else { return try addActivation(x) }
    let isTaken = random.oneIn(2), isList = random.oneIn(4)
    func truth(_ value: Bool) throws(InfoldError) -> Tensor { try Tensor(shape: isList ? [1] : [], [value]) }
    let condition =
      random.oneIn(8)
      ? try builder.constant(truth(isTaken)) : try decide(truth(isTaken), or: truth(random.oneIn(2)))
    let keepsShape = !random.oneIn(3), outputCount = random.pick([1, 1, 2])
    var attributes: AttributeList = [:], results: [Operand] = []
    for (name, isOwn) in [("then_branch", isTaken), ("else_branch", !isTaken)] {
      var body = try self.body(around: x)
      var outputs = try (0..<outputCount).map { (_) throws(InfoldError) in
        try body.output(like: keepsShape ? x : nil)
      }
      // A branch may return the same value twice.
      if outputCount == 2, keepsShape, random.oneIn(4) { outputs[1] = outputs[0] }
      if isOwn { results = outputs }
      attributes[name] = .graph(try finish(body, outputs: outputs.map(\.id), inputs: []))
    }
    if !keepsShape { hasOpenSizes = true }
    let made = try builder.nodes("If", [condition], attributes: attributes, outputCount: outputCount)
    for (id, result) in zip(made, results) {
      builder.claim(id, TensorType(.float32, keepsShape ? Shape(x.sizes) : nil))
      add(id, result.sizes)
    }
  }

  /// A Loop that ends by its trip count, its condition or both, with loop-carried values of fixed shape, and scan outputs.
  mutating func addLoop(_ x: Operand) throws(InfoldError) {
    guard depth < 2, x.rank < 5 else { return try addActivation(x) }
    var trips = random.int(0...4)
    let count: ValueID?, first: ValueID?
    let limit = random.oneIn(3) ? random.int(1...4) : nil
    switch random.int(0...(limit == nil ? 3 : 5)) {
    case 0: count = try builder.constant(Tensor(scalar: Int64(trips)))
    case 1...3: count = try decide(Tensor(scalar: Int64(trips)), or: Tensor(scalar: Int64(random.int(0...4))))
    default: (count, trips) = (nil, .max)
    }
    let begins = !random.oneIn(8)
    first = random.oneIn(2) && begins ? nil : try decide(Tensor(scalar: begins), or: Tensor(scalar: random.oneIn(2)))

    var body = try self.body(around: x)
    let trip = try body.builder.input(body.builder.namePrefix + "trip", shape: [], of: .int64)
    let condition = try body.builder.input(body.builder.namePrefix + "condition", shape: [], of: .bool)
    var carried: [Operand] = [], initial: [Operand] = []
    for index in 0..<random.pick([0, 1, 1, 2]) {
      let value = index == 0 ? x : random.pick(values.filter { $0.rank < 5 })
      initial.append(value)
      let id = try body.builder.input("\(body.builder.namePrefix)carried\(index)", shape: Shape(value.sizes))
      carried.append(Operand(id: id, sizes: value.sizes))
      body.add(id, value.sizes)
    }
    if random.oneIn(3), let first = carried.first { try body.addSlice(first, at: trip, of: 4) }
    for _ in 0..<random.int(1...3) { try body.grow() }
    var outputs: [ValueID] = []
    let next: ValueID
    if let limit {
      // The condition after iteration t is true if t + 1 < limit.
      let last = try body.builder.constant(Tensor(scalar: Int64(limit - 1)))
      next = try body.builder.node("Less", [trip, last])
      trips = min(trips, limit)
    } else {
      next = try body.builder.node("Identity", [condition])
    }
    if !begins { trips = 0 }
    for value in carried { outputs.append(try body.output(like: value).id) }
    var collected: [Operand] = []
    for _ in 0..<random.int(carried.isEmpty ? 1...2 : 0...2) {
      var value = try body.output(like: random.oneIn(2) ? x : nil)
      if value.rank > 3, !value.sizes.contains(0) {
        let sizes = [value.sizes[0], value.sizes[1...].reduce(1, *)]
        value = Operand(id: try body.builder.node("Reshape", [value.id, body.list(sizes)]), sizes: sizes)
      }
      guard value.rank < 4, !value.sizes.contains(0) else { continue }
      collected.append(value)
    }
    // Without iterations, the rank of a scan output must be inferred.
    if trips == 0, hasOpenSizes || body.hasOpenSizes { collected = [] }
    guard !carried.isEmpty || !collected.isEmpty else { return try addActivation(x) }
    let inputs = [trip, condition] + carried.map(\.id)
    let graph = try finish(body, outputs: [next] + outputs + collected.map(\.id), inputs: inputs)
    if !collected.isEmpty { hasOpenSizes = true }
    let made = try builder.nodes(
      "Loop", [count, first] + initial.map(\.id), attributes: ["body": .graph(graph)],
      outputCount: carried.count + collected.count)
    for (id, value) in zip(made, initial) {
      builder.claim(id, TensorType(.float32, Shape(value.sizes)))
      add(id, value.sizes)
    }
    for (id, value) in zip(made.dropFirst(carried.count), collected) {
      builder.claim(id, TensorType(.float32, Shape([.unknown] + Shape(value.sizes).dimensions)))
      // Without iterations, sizes that cannot be inferred are 0.
      if trips > 0 { add(id, [trips] + value.sizes) }
    }
  }

  /// A body that captures a few values, including `x`.
  private mutating func body(around x: Operand) throws(InfoldError) -> RandomNetwork {
    var captured = [x]
    for _ in 0..<random.int(0...2) {
      let value = random.pick(values)
      if !captured.contains(where: { $0.id == value.id }) { captured.append(value) }
    }
    var body = RandomNetwork(bodyIn: &self)
    for value in captured {
      let name = builder.graph[value.id].name
      body.add(try body.builder.input(name, shape: Shape(value.sizes)), value.sizes)
    }
    for _ in 0..<random.pick([0, 1, 1, 2, 3]) { try body.grow() }
    return body
  }

  /// A value that the body computes, with the shape of `x` if given.
  private mutating func output(like x: Operand?) throws(InfoldError) -> Operand {
    let producers = builder.graph.producers()
    let made = values.filter { producers[$0.id.index] != nil && (x == nil || $0.sizes == x!.sizes) }
    if let value = made.last, !random.oneIn(4) { return value }
    if let x, let own = like(x).last {
      try addActivation(own)
    } else if let x {
      // If no value of this shape is captured, one is computed from weights.
      add(try builder.node("Neg", [weights(x.sizes)]), x.sizes)
    } else {
      try addActivation(values.last!)
    }
    return values.last!
  }

  /// The slice along the first axis at the iteration number, broadcast again.
  private mutating func addSlice(_ x: Operand, at trip: ValueID, of most: Int) throws(InfoldError) {
    guard let axis = x.sizes.indices.first(where: { x.sizes[$0] >= most }) else { return }
    let slice = try builder.node("Gather", [x.id, trip], attributes: ["axis": .int(Int64(axis))])
    let wide = try builder.node("Unsqueeze", [slice, list([axis])])
    add(try builder.node("Add", [x.id, wide]), x.sizes)
  }

  /// The body as a graph, with captures in addition to its inputs. The network takes over the body's decisions.
  private mutating func finish(
    _ body: RandomNetwork, outputs: [ValueID], inputs: [ValueID]
  ) throws(InfoldError) -> Graph {
    var graph = body.builder.graph
    graph.captures = graph.inputs.filter { !inputs.contains($0) }
    graph.inputs = inputs
    graph.outputs = outputs
    let captures = Set(graph.captures)
    for id in body.decisions.keys.sorted() {
      try adopt(body.decisions[id]!, named: graph[id].name)
    }
    for id in captures { graph[id].type = nil }
    // Sequences are replaced if the types of tensors are known.
    if random.oneIn(2), !graph.nodes.contains(where: \.hasSequences) {
      for id in inputs.dropFirst(2) { graph[id].type = nil }
    }
    mayBeNarrow = mayBeNarrow && body.mayBeNarrow
    hasOpenSizes = hasOpenSizes || body.hasOpenSizes
    try graph.sort()
    return graph
  }

  /// Adds an input for a decision of a body.
  private mutating func adopt(_ decision: Decision, named name: String) throws(InfoldError) {
    let id = try builder.input(name, shape: Shape(decision.tensor.shape), of: decision.tensor.elementType)
    decisions[id] = decision
  }
}

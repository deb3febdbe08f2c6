import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Bodies of Loop and If in which sequences are used, made or carried.
extension SequenceRewriter {
  /// Whether a body has to do with sequences, its own or those of the graph around it.
  private func concernsSequences(_ body: Graph) -> Bool {
    body.captures.contains { capture in graph.value(named: body[capture].name).map { sequences[$0] != nil } ?? false }
      || body.nodes.contains { node in
        SequenceOperator(node) != nil || node.attributes.bodies.contains { concernsSequences($0.graph) }
      }
  }

  /// A rewriter of a body, in which what it captures is known.
  private mutating func rewriter(
    of body: Graph, inputs: [ValueID: SequenceValue] = [:]
  ) throws(InfoldError) -> SequenceRewriter {
    var body = body
    var inner = inputs
    for capture in body.captures {
      guard let outer = graph.value(named: body[capture].name) else { continue }
      body[capture].type = graph[outer].type ?? body[capture].type
      body[capture].known = graph.constant(outer)
      guard var sequence = sequences[outer] else { continue }
      // What a body looks up at a place that a run computes is stacked once, and not in every trip.
      if body.looksUp(body[capture].name), let stack = try stackIfAlike(sequence) { sequence = .stack(stack) }
      sequences[outer] = sequence
      inner[capture] = captured(sequence, in: &body)
    }
    return SequenceRewriter(body, sequences: inner, names: build.names)
  }

  /// The tensors of a sequence as one, where they are of one shape.
  private mutating func stackIfAlike(_ sequence: SequenceValue) throws(InfoldError) -> ValueID? {
    do throws(InfoldError) {
      return try stack(sequence)
    } catch {
      guard error.code == .unsupported else { throw error }
      return nil
    }
  }

  /// A sequence of this graph in a body, which captures its tensors.
  private func captured(_ sequence: SequenceValue, in body: inout Graph) -> SequenceValue {
    func capture(_ id: ValueID) -> ValueID {
      let name = graph[id].name
      if let known = body.value(named: name), body.captures.contains(known) { return known }
      var value = Value(name: name, type: graph[id].type)
      value.known = graph.constant(id)
      let added = body.add(value)
      body.captures.append(added)
      return added
    }
    return switch sequence {
    case .list(let parts): .list(parts.map(capture))
    case .stack(let stack): .stack(capture(stack))
    }
  }

  /// What a rewritten body is, without what nobody needs any more.
  private mutating func finished(
    _ inner: SequenceRewriter, like original: Graph, outputs: [ValueID]
  ) throws(InfoldError) -> Graph {
    var body = inner.build.graph
    build.names = inner.build.names
    body.outputs = outputs
    body.forgetLearnedConstants()
    try body.removeUnneededOpaqueNodes()
    try body.requireProducers()
    body.dropUnusedCaptures()
    // What is known of types here is known of this use of the body alone.
    for id in body.nodes.lazy.flatMap(\.definitions) + body.captures { body[id].type = nil }
    for id in original.inputs { body[id].type = original[id].type }
    return body
  }

  /// The node with other bodies.
  private func node(
    like node: Node, _ attributes: AttributeList, inputs: [ValueID?], outputs: [ValueID?]
  ) throws(InfoldError) -> Node {
    var captures: [ValueID] = []
    for name in attributes.capturedNames {
      guard let id = graph.value(named: name) else {
        throw InfoldError(.invalidModel, "the value \(String(quoting: name)), which a body uses, is defined nowhere")
      }
      captures.append(id)
    }
    return try Node(
      name: node.name, opType: node.opType, domain: node.domain, opsetVersion: node.opsetVersion,
      attributes: attributes, inputs: inputs, outputs: outputs, captures: captures)
  }

  /// An If in whose branches sequences of the graph are used, or made and used up.
  mutating func replaceBranches(_ node: Node) throws(InfoldError) -> Bool {
    var attributes = node.attributes
    var isChanged = false
    for (name, body) in attributes.bodies where concernsSequences(body) {
      var inner = try rewriter(of: body)
      do throws(InfoldError) {
        try inner.inferTypes()
        try inner.rewrite()
        let replaced = try finished(inner, like: body, outputs: body.outputs)
        // Without a change, sequences are gone that nobody needs.
        guard !inner.changes.isEmpty || !replaced.nodes.contains(where: \.hasSequences) else { continue }
        attributes[name] = .graph(replaced)
        isChanged = true
      } catch {
        // A branch that cannot run is no error until it is chosen.
        guard error.isFaultOfModel else { throw error }
      }
    }
    guard isChanged else { return false }
    build.nodes.append(try self.node(like: node, attributes, inputs: node.inputs, outputs: node.outputs))
    return true
  }

  /// A Loop in whose body sequences are used. One that it carries must only grow at its end from trip to trip, or stay what it is.
  mutating func replaceLoop(_ node: Node) throws(InfoldError) -> Bool {
    guard case .graph(let body) = node.attributes["body"], let loop = LoopCarriedSequences(node, body, sequences) else {
      return false
    }
    guard !loop.isEmpty || concernsSequences(body), loop.isComplete else { return false }
    let (inner, collected) = try rewrittenBody(of: node, body, loop)
    let tensors = collected.flatMap(\.tensors)
    var changed = try finished(inner, like: body, outputs: loop.keptOutputs(body) + tensors)
    changed.inputs = body.inputs[..<2] + loop.kept.map { body.inputs[2 + $0] }
    var attributes = node.attributes
    attributes["body"] = .graph(changed)
    // What the node makes: what is carried, what was collected before, and now what the sequences consist of.
    let stacks = tensors.map { _ in build.graph.add(Value(name: build.names.unused(build.base + "/tensors"))) }
    build.nodes.append(
      try self.node(
        like: node, attributes, inputs: loop.given[..<2] + loop.kept.map { loop.given[2 + $0] },
        outputs: loop.keptResults(node, scans: body.outputs.count - 1 - loop.count) + stacks))
    try settle(loop, of: node, collected, stacks)
    return true
  }

  /// The body of a Loop on tensors, and for each sequence that grows the tensors that a trip adds to it.
  private mutating func rewrittenBody(
    of node: Node, _ body: Graph, _ loop: LoopCarriedSequences
  ) throws(InfoldError) -> (SequenceRewriter, [(index: Int, tensors: [ValueID])]) {
    var prepared = body
    var steady: [ValueID: SequenceValue] = [:]
    for (index, sequence) in loop.steady { steady[body.inputs[2 + index]] = captured(sequence, in: &prepared) }
    var inner = try rewriter(of: prepared, inputs: steady)
    try inner.setTypes(ofLoop: node, in: graph)
    try inner.rewrite()
    var collected: [(index: Int, tensors: [ValueID])] = []
    for index in loop.growing.keys.sorted() {
      guard let tensors = inner.tensorsAdded(to: body.inputs[2 + index], until: body.outputs[1 + index]) else {
        throw InfoldError(
          .unsupported,
          "the loop carries the sequence \(String(quoting: body[body.inputs[2 + index]].name)), and does more with it than to put "
            + "tensors behind its end in every trip",
          hint: "collect tensors as further outputs of the loop's body, or carry a tensor that grows")
      }
      collected.append((index, try inner.handedOn(tensors)))
    }
    return (inner, collected)
  }

  /// Notes what stands in the place of the sequences that a Loop gives.
  private mutating func settle(
    _ loop: LoopCarriedSequences, of node: Node, _ collected: [(index: Int, tensors: [ValueID])], _ stacks: [ValueID]
  ) throws(InfoldError) {
    func output(_ index: Int) -> ValueID? { index < node.outputs.count ? node.outputs[index] : nil }
    for (index, sequence) in loop.steady {
      if let output = output(index) { sequences[output] = sequence }
    }
    var first = 0
    for (index, tensors) in collected {
      let own = Array(stacks[first..<(first + tensors.count)])
      first += tensors.count
      if let output = output(index) { sequences[output] = .stack(try grown(loop.growing[index]!, by: own)) }
    }
  }

  /// A sequence, and behind it what every trip of a loop has added: the first of `stacks` holds what each trip adds first.
  private mutating func grown(_ sequence: SequenceValue, by stacks: [ValueID]) throws(InfoldError) -> ValueID {
    var added = stacks[0]
    if stacks.count > 1 {
      added = try build.mergeLeading(build.stack(stacks, 1))
    }
    switch sequence {
    case .list([]): return added
    case .list(let parts):
      var rows: [ValueID] = []
      for part in parts { rows.append(try build.unsqueeze(part, 0)) }
      return try build.concatenate(rows + [added], 0)
    case .stack(let stack): return try build.concatenate([stack, added], 0)
    }
  }

  /// The types of what a Loop gives to its body, as far as they stay the same from trip to trip.
  private mutating func setTypes(ofLoop node: Node, in outer: Graph) throws(InfoldError) {
    for (place, input) in graph.inputs.enumerated() where graph[input].type == nil {
      if place < 2 {
        build.graph[input].type = TensorType(place == 0 ? .int64 : .bool, [])
      } else if place < node.inputs.count, let type = node.inputs[place].flatMap({ outer[$0].type }) {
        build.graph[input].type = TensorType(type.elementType, nil)
      }
    }
    try inferTypes()
  }

  /// Finds out the types in a body, as far as nothing in it is wrong.
  private mutating func inferTypes() throws(InfoldError) {
    do throws(InfoldError) {
      try build.graph.inferTypes()
    } catch {
      guard error.isFaultOfModel else { throw error }
    }
  }

  /// Copies of tensors, which may be outputs beside them.
  private mutating func handedOn(_ tensors: [ValueID]) throws(InfoldError) -> [ValueID] {
    build.nodes = graph.nodes
    var copies: [ValueID] = []
    for tensor in tensors {
      build.base = graph[tensor].name + "/collected"
      copies.append(try build.add(Identity.name, [tensor]))
    }
    build.graph.replaceNodes(build.nodes)
    return copies
  }

  /// The tensors that are put behind the end of a sequence, which nobody looks at else, until it is `last`.
  private func tensorsAdded(to first: ValueID, until last: ValueID) -> [ValueID]? {
    var tensors: [ValueID] = []
    var current = first
    let index = graph.index
    while current != last {
      let readers = index.consumers(of: current)
      guard readers.count == 1, !index.isOutput(current), case let node = graph[readers[0]],
        SequenceOperator(node) == .insert, node.inputs.count == 2 || node.inputs[2] == nil, node.inputs[0] == current,
        let x = node.inputs[1], let output = node.outputs.first ?? nil
      else { return nil }
      tensors.append(x)
      current = output
    }
    return index.consumers(of: last).isEmpty && !tensors.isEmpty ? tensors : nil
  }
}

/// What a Loop carries: sequences that each trip adds tensors to, sequences that each trip sees alike, and tensors, by their places.
private struct LoopCarriedSequences {
  /// The inputs of the node, with the trips and the condition.
  let given: [ValueID?]
  /// The number of values that are carried.
  let count: Int
  private(set) var growing: [Int: SequenceValue] = [:]
  private(set) var steady: [Int: SequenceValue] = [:]
  /// Whether as much is given, and handed on, as is carried.
  let isComplete: Bool

  /// - Parameter sequences: What stands in the place of each sequence around the loop.
  /// - Returns: `nil` for a body without the inputs of one.
  init?(_ node: Node, _ body: Graph, _ sequences: [ValueID: SequenceValue]) {
    guard body.inputs.count >= 2 else { return nil }
    count = body.inputs.count - 2
    given = node.inputs + Array(repeating: nil, count: max(0, 2 - node.inputs.count))
    isComplete = given.count == 2 + count && body.outputs.count >= 1 + count
    for (index, input) in given.dropFirst(2).enumerated() {
      guard let sequence = input.flatMap({ sequences[$0] }) else { continue }
      if isComplete, body.outputs[1 + index] == body.inputs[2 + index] {
        steady[index] = sequence
      } else {
        growing[index] = sequence
      }
    }
  }

  /// Whether nothing that is carried is a sequence.
  var isEmpty: Bool { growing.isEmpty && steady.isEmpty }
  /// The places of tensors.
  var kept: [Int] { (0..<count).filter { growing[$0] == nil && steady[$0] == nil } }

  /// The condition, the tensors that are carried on, and what is collected.
  func keptOutputs(_ body: Graph) -> [ValueID] {
    [body.outputs[0]] + kept.map { body.outputs[1 + $0] } + body.outputs[(1 + count)...]
  }

  /// What the node makes of the tensors that are carried, and of the `scans` values that are collected.
  func keptResults(_ node: Node, scans: Int) -> [ValueID?] {
    (kept + Array(count..<(count + scans))).map { $0 < node.outputs.count ? node.outputs[$0] : nil }
  }
}

extension Graph {
  /// Whether a node, in bodies or outside, takes a tensor of the sequence with this name from a place that is no constant here.
  fileprivate func looksUp(_ name: String) -> Bool {
    nodes.contains { node in
      if SequenceOperator(node) == .at, node.inputs.count == 2, let sequence = node.inputs[0],
        self[sequence].name == name
      {
        return node.inputs[1].map { constant($0) == nil } ?? true
      }
      return node.attributes.bodies.contains { $0.graph.looksUp(name) }
    }
  }

  /// Checks that everything that is read is made.
  func requireProducers() throws(InfoldError) {
    var isMade = values.map { $0.initializer != nil }
    for id in inputs + captures + nodes.flatMap({ Array($0.definitions) }) { isMade[id.index] = true }
    guard let missing = (outputs + nodes.flatMap { Array($0.uses) }).first(where: { !isMade[$0.index] }) else { return }
    throw InfoldError(
      .unsupported, "the sequence \(String(quoting: self[missing].name)) is needed as a whole",
      hint: "make one tensor of it, by ConcatFromSequence")
  }
}

extension Node {
  /// Whether this is ONNX's Loop, or one with sequences in its body, which is no operator yet.
  var isLoop: Bool { opType == Loop.name && domain.isEmpty }
}

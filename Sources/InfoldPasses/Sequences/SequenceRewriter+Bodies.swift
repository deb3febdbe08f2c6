import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Bodies of Loop and If in which sequences are used, created or carried.
extension SequenceRewriter {
  /// Returns whether a body uses sequences, either its own or those of the outer graph.
  private func concernsSequences(_ body: Graph) -> Bool {
    body.captures.contains { capture in graph.value(named: body[capture].name).map { sequences[$0] != nil } ?? false }
      || body.nodes.contains { node in
        SequenceOperator(node) != nil || node.attributes.bodies.contains { concernsSequences($0.graph) }
      }
  }

  /// Returns a rewriter of a body in which captured values are known.
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
      // If a body indexes the sequence at a computed position, it is stacked once, rather than in
      // each iteration.
      if body.looksUp(body[capture].name), let stack = try stackIfAlike(sequence) { sequence = .stack(stack) }
      sequences[outer] = sequence
      inner[capture] = captured(sequence, in: &body)
    }
    return SequenceRewriter(body, sequences: inner, names: build.names)
  }

  /// Returns the tensors of a sequence as one, if they have the same shape.
  private mutating func stackIfAlike(_ sequence: SequenceValue) throws(InfoldError) -> ValueID? {
    do throws(InfoldError) {
      return try stack(sequence)
    } catch {
      guard error.code == .unsupported else { throw error }
      return nil
    }
  }

  /// Returns a sequence of this graph for use in a body, which captures its tensors.
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

  /// Returns a rewritten body without values that are no longer needed.
  private mutating func finished(
    _ inner: SequenceRewriter, like original: Graph, outputs: [ValueID]
  ) throws(InfoldError) -> Graph {
    var body = inner.build.graph
    build.names = inner.build.names
    body.outputs = outputs
    body.discardRecordedConstants()
    try body.removeUnneededOpaqueNodes()
    try body.requireProducers()
    body.dropUnusedCaptures()
    // The inferred types hold only for this use of the body.
    for id in body.nodes.lazy.flatMap(\.definitions) + body.captures { body[id].type = nil }
    for id in original.inputs { body[id].type = original[id].type }
    return body
  }

  /// Returns the node with other bodies.
  private func node(
    like node: Node, _ attributes: AttributeList, inputs: [ValueID?], outputs: [ValueID?]
  ) throws(InfoldError) -> Node {
    var captures: [ValueID] = []
    for name in attributes.capturedNames {
      guard let id = graph.value(named: name) else {
        throw InfoldError(.invalidModel, "the value \(String(quoting: name)), which a body uses, is undefined")
      }
      captures.append(id)
    }
    return try Node(
      name: node.name, opType: node.opType, domain: node.domain, opsetVersion: node.opsetVersion,
      attributes: attributes, inputs: inputs, outputs: outputs, captures: captures)
  }

  /// Rewrites an If whose branches use sequences of the graph, or create and consume their own.
  mutating func replaceBranches(_ node: Node) throws(InfoldError) -> Bool {
    var attributes = node.attributes
    var isChanged = false
    for (name, body) in attributes.bodies where concernsSequences(body) {
      var inner = try rewriter(of: body)
      do throws(InfoldError) {
        try inner.inferTypes()
        try inner.rewrite()
        let replaced = try finished(inner, like: body, outputs: body.outputs)
        // Even without changes, unneeded sequences have been removed.
        guard !inner.changes.isEmpty || !replaced.nodes.contains(where: \.hasSequences) else { continue }
        attributes[name] = .graph(replaced)
        isChanged = true
      } catch {
        // A branch that cannot be run is not an error until it is selected.
        guard error.isFaultOfModel else { throw error }
      }
    }
    guard isChanged else { return false }
    build.nodes.append(try self.node(like: node, attributes, inputs: node.inputs, outputs: node.outputs))
    return true
  }

  /// Rewrites a Loop whose body uses sequences. A loop-carried sequence must either only be
  /// appended to in each iteration, or remain unchanged.
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
    // The outputs of the node: carried values, existing scan outputs, and now the tensors of the
    // sequences.
    let stacks = tensors.map { _ in build.graph.add(Value(name: build.names.unused(build.base + "/tensors"))) }
    build.nodes.append(
      try self.node(
        like: node, attributes, inputs: loop.given[..<2] + loop.kept.map { loop.given[2 + $0] },
        outputs: loop.keptResults(node, scans: body.outputs.count - 1 - loop.count) + stacks))
    try recordReplacements(loop, of: node, collected, stacks)
    return true
  }

  /// Returns the body of a Loop rewritten to tensors, and for each growing sequence the tensors
  /// that an iteration appends.
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
          "the loop carries the sequence \(String(quoting: body[body.inputs[2 + index]].name)), but does more with it than append "
            + "tensors in each iteration",
          hint: "collect the tensors as scan outputs of the loop, or carry a tensor that grows")
      }
      collected.append((index, try inner.forwarded(tensors)))
    }
    return (inner, collected)
  }

  /// Records the replacements of the sequences that a Loop produces.
  private mutating func recordReplacements(
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

  /// Returns a sequence followed by the tensors that all iterations of a loop have appended. The
  /// first of `stacks` holds the first tensor of each iteration.
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

  /// Sets the types of a Loop's body inputs, as far as they are the same in each iteration.
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

  /// Infers the types in a body, as far as nothing in it is invalid.
  private mutating func inferTypes() throws(InfoldError) {
    do throws(InfoldError) {
      try build.graph.inferTypes()
    } catch {
      guard error.isFaultOfModel else { throw error }
    }
  }

  /// Returns copies of tensors that can be additional outputs.
  private mutating func forwarded(_ tensors: [ValueID]) throws(InfoldError) -> [ValueID] {
    build.nodes = graph.nodes
    var copies: [ValueID] = []
    for tensor in tensors {
      build.base = graph[tensor].name + "/collected"
      copies.append(try build.add(Identity.name, [tensor]))
    }
    build.graph.replaceNodes(build.nodes)
    return copies
  }

  /// Returns the tensors that are appended to a sequence until it becomes `last`, if nothing else
  /// uses the sequence in between.
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

/// The loop-carried values of a Loop: sequences to which each iteration appends, sequences that
/// remain unchanged, and tensors, by their positions.
private struct LoopCarriedSequences {
  /// The inputs of the node, including the trip count and the condition.
  let given: [ValueID?]
  /// The number of loop-carried values.
  let count: Int
  private(set) var growing: [Int: SequenceValue] = [:]
  private(set) var steady: [Int: SequenceValue] = [:]
  /// Whether the node and the body provide all loop-carried values.
  let isComplete: Bool

  /// Classifies the loop-carried values.
  /// - Parameter sequences: The replacements of the outer sequences.
  /// - Returns: `nil` if the body lacks the standard inputs.
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

  /// Whether no loop-carried value is a sequence.
  var isEmpty: Bool { growing.isEmpty && steady.isEmpty }
  /// The positions of tensors.
  var kept: [Int] { (0..<count).filter { growing[$0] == nil && steady[$0] == nil } }

  /// Returns the condition, the loop-carried tensors, and the scan outputs.
  func keptOutputs(_ body: Graph) -> [ValueID] {
    [body.outputs[0]] + kept.map { body.outputs[1 + $0] } + body.outputs[(1 + count)...]
  }

  /// Returns the outputs of the node for loop-carried tensors and for `scans` scan outputs.
  func keptResults(_ node: Node, scans: Int) -> [ValueID?] {
    (kept + Array(count..<(count + scans))).map { $0 < node.outputs.count ? node.outputs[$0] : nil }
  }
}

extension Graph {
  /// Returns whether a node, possibly in a body, indexes the sequence with this name at a position
  /// that is not constant.
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

  /// Checks that every value that is read has a producer.
  func requireProducers() throws(InfoldError) {
    var isMade = values.map { $0.initializer != nil }
    for id in inputs + captures + nodes.flatMap({ Array($0.definitions) }) { isMade[id.index] = true }
    guard let missing = (outputs + nodes.flatMap { Array($0.uses) }).first(where: { !isMade[$0.index] }) else { return }
    throw InfoldError(
      .unsupported, "the sequence \(String(quoting: self[missing].name)) is needed as a whole, which is not supported",
      hint: "convert it to a tensor with ConcatFromSequence")
  }
}

extension Node {
  /// Whether this is ONNX's Loop, including one with sequences in its body, which is not yet a
  /// supported operator.
  var isLoop: Bool { opType == Loop.name && domain.isEmpty }
}

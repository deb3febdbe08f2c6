import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Puts tensors in the places of sequences, in one graph and in the bodies of its nodes.
struct SequenceRewriter {
  /// The graph with what is known of its types and constants, and what it becomes.
  private(set) var build: SequenceNodes
  /// What stands in the place of each sequence.
  private(set) var sequences: [ValueID: SequenceValue]
  /// What was done.
  private(set) var changes: [PassResult.Entry] = []
  /// The nodes that have become others, by what they made first.
  private var replaced: Set<ValueID> = []

  /// The most tensors that a sequence is split into: of longer ones, all have one shape, and are kept together.
  private static let mostParts = 64

  /// - Parameters:
  ///   - sequences: What is known of values that the graph takes from outside.
  ///   - names: The names that are taken anywhere.
  init(_ graph: Graph, sequences: [ValueID: SequenceValue] = [:], names: NameRegistry) {
    build = SequenceNodes(graph: graph, names: names)
    self.sequences = sequences
  }

  private var graph: Graph { build.graph }

  /// Goes through the nodes until nothing more can be replaced. The nodes that made sequences are still there, and nobody needs them.
  mutating func rewrite() throws(InfoldError) {
    // What becomes of a loop tells the types of what lies behind it.
    for _ in 0..<8 {
      let known = changes.count
      try rewriteOnce()
      guard changes.count > known else { break }
      try build.graph.inferTypes()
    }
  }

  private mutating func rewriteOnce() throws(InfoldError) {
    let nodes = graph.nodes
    build.nodes = []
    build.graph.learnConstants()
    for node in nodes {
      try Interruption.check()
      let label = graph.label(of: node)
      build.opset = node.opsetVersion
      build.base = node.definitions.first { _ in true }.map { graph[$0].name } ?? ""
      do throws(InfoldError) {
        if try replace(node) {
          changes.append(PassResult.Entry(node: label, "works on tensors in the place of sequences"))
        } else {
          build.nodes.append(node)
        }
      } catch {
        guard error.code == .unsupported || error.code == .invalidModel else { throw error }
        build.nodes.append(node.refused(error))
      }
    }
    build.graph.forgetLearnedConstants()
    build.graph.replaceNodes(build.nodes)
  }

  /// - Returns: Whether nodes have been added in the place of this one.
  private mutating func replace(_ node: Node) throws(InfoldError) -> Bool {
    if node.isLoop { return try replaceLoop(node) }
    if node.isConditional { return try replaceBranches(node) }
    if node.typed is any BodyOperator { return false }
    guard let output = node.outputs.first ?? nil, !replaced.contains(output) else { return false }
    guard let operation = SequenceOperator(node) else {
      // What hands a sequence on unchanged.
      if let input = node.inputs.first ?? nil, let sequence = sequences[input],
        node.typed?.handsOnInput({ _ in false }) == true, sequences[output] == nil
      {
        sequences[output] = sequence
      }
      return false
    }
    try check(node, operation)
    return try replace(node, operation, output)
  }

  private func check(_ node: Node, _ operation: SequenceOperator) throws(InfoldError) {
    let (inputs, outputs) = operation.arity
    guard inputs.contains(node.inputs.count), node.outputs.count == outputs, node.opsetVersion >= 11 else {
      throw InfoldError(
        .invalidModel,
        "the operator has \(node.inputs.count) inputs and \(node.outputs.count) outputs in opset "
          + "\(node.opsetVersion), which ONNX does not allow")
    }
    for entry in node.attributes.entries where !operation.attributes.contains(entry.name) {
      throw InfoldError(.invalidModel, "the operator has no attribute \(String(quoting: entry.name))")
    }
  }

  // MARK: Operators

  private mutating func replace(
    _ node: Node, _ operation: SequenceOperator, _ output: ValueID
  ) throws(InfoldError) -> Bool {
    func input(_ index: Int) -> ValueID? { index < node.inputs.count ? node.inputs[index] : nil }
    switch operation {
    case .empty:
      sequences[output] = .list([])
      return false
    case .construct:
      let parts = node.inputs.compactMap { $0 }
      guard parts.count == node.inputs.count else {
        throw InfoldError(.invalidModel, "an input of the sequence is left out")
      }
      sequences[output] = .list(parts)
      return false
    case .insert:
      guard sequences[output] == nil, let sequence = input(0).flatMap({ sequences[$0] }), let x = input(1) else {
        return false
      }
      return try insert(x, into: sequence, at: input(2), output)
    case .erase:
      guard sequences[output] == nil, let sequence = input(0).flatMap({ sequences[$0] }) else { return false }
      return try erase(from: sequence, at: input(1), output)
    case .split:
      guard sequences[output] == nil, let x = input(0) else { return false }
      return try split(x, node, sizes: input(1), output)
    case .at, .length, .concatenate:
      guard let sequence = input(0).flatMap({ sequences[$0] }) else { return false }
      switch operation {
      case .at: try take(from: sequence, at: input(1), output)
      case .length: try count(sequence, output)
      default: guard try concatenate(sequence, node, output) else { return false }
      }
      replaced.insert(output)
      return true
    }
  }

  /// A position in a list, from `0` to one less than `count`.
  private func position(_ id: ValueID, of count: Int) throws(InfoldError) -> Int? {
    guard let tensor = graph.constant(id) else { return nil }
    guard tensor.count == 1, [.int32, .int64].contains(tensor.elementType) else {
      throw InfoldError(.invalidModel, "the position is \(tensor), and must be one integer")
    }
    let given = try tensor.cast(to: .int64).elements(as: Int64.self)[0]
    let position = given < 0 ? given + Int64(count) : given
    guard (0..<Int64(count)).contains(position) else {
      throw InfoldError(
        .invalidModel, "the position \(given) lies outside of a sequence of \(counted(count, "tensor"))")
    }
    return Int(position)
  }

  private mutating func insert(
    _ x: ValueID, into sequence: SequenceValue, at place: ValueID?, _ output: ValueID
  ) throws(InfoldError) -> Bool {
    switch sequence {
    case .list(var parts):
      var index = parts.count
      if let place {
        guard let tensor = graph.constant(place) else { throw Self.variablePosition }
        // One more than there are is the end.
        guard [.int32, .int64].contains(tensor.elementType) else {
          throw InfoldError(.invalidModel, "the position is \(tensor), and must be one integer")
        }
        let numbers = try tensor.cast(to: .int64).elements(as: Int64.self)
        if numbers != [Int64(parts.count)] { index = try position(place, of: parts.count) ?? index }
      }
      parts.insert(x, at: index)
      sequences[output] = .list(parts)
      return false
    case .stack(let stack):
      guard place == nil else { throw Self.variablePosition }
      sequences[output] = .stack(try build.concatenate([stack, build.unsqueeze(x, 0)], 0))
      return false
    }
  }

  private static let variablePosition = InfoldError(
    .unsupported,
    "the place in a sequence at which a tensor is put or taken away is computed in the run, or its length is",
    hint: "put tensors at the end of a sequence, or stack them into one tensor")

  private mutating func erase(
    from sequence: SequenceValue, at place: ValueID?, _ output: ValueID
  ) throws(InfoldError) -> Bool {
    switch sequence {
    case .list(var parts):
      guard !parts.isEmpty else { throw InfoldError(.invalidModel, "the sequence is empty") }
      var index = parts.count - 1
      if let place {
        guard let position = try position(place, of: parts.count) else { throw Self.variablePosition }
        index = position
      }
      parts.remove(at: index)
      sequences[output] = .list(parts)
    case .stack(let stack):
      guard place == nil else { throw Self.variablePosition }
      sequences[output] = .stack(try build.slice(stack, 0, -1))
    }
    return false
  }

  private mutating func take(from sequence: SequenceValue, at place: ValueID?, _ output: ValueID) throws(InfoldError) {
    guard let place else { throw InfoldError(.invalidModel, "the position is left out") }
    if case .list(let parts) = sequence, let position = try position(place, of: parts.count) {
      return try build.handOn(parts[position], as: output)
    }
    let stack = try stack(sequence)
    let scalar = try graph[place].type?.shape == [] ? place : build.add(Reshape.name, [place, build.constant([])])
    _ = try build.gather(stack, scalar, output: output)
  }

  private mutating func count(_ sequence: SequenceValue, _ output: ValueID) throws(InfoldError) {
    switch sequence {
    case .list(let parts): try build.handOn(build.constant([parts.count], isScalar: true), as: output)
    case .stack(let stack):
      let shape = try build.add(ShapeOperator.name, [stack])
      _ = try build.gather(shape, build.constant([0], isScalar: true), output: output)
    }
  }

  /// The tensors of a sequence as one, whose first dimension counts them.
  private mutating func stack(_ sequence: SequenceValue) throws(InfoldError) -> ValueID {
    guard case .list(let parts) = sequence else {
      if case .stack(let stack) = sequence { return stack }
      preconditionFailure("a sequence is a list or a stack")
    }
    let types = parts.map { graph[$0].type }
    guard let first = types.first ?? nil, let shape = first.shape, !shape.contains(.unknown),
      types.allSatisfy({ $0 == first })
    else {
      throw InfoldError(
        .unsupported, "the position in the sequence is computed in the run, and its tensors are not of one known shape",
        hint: "give the tensors one shape, or fix the sizes that the model leaves open")
    }
    var rows: [ValueID] = []
    for part in parts { rows.append(try build.unsqueeze(part, 0)) }
    return try build.concatenate(rows, 0)
  }

  // MARK: Splitting and joining

  private func flag(_ node: Node, _ name: String, default fallback: Int) throws(InfoldError) -> Int {
    guard let attribute = node.attributes[name] else { return fallback }
    guard case .int(let value) = attribute, let number = Int(exactly: value) else {
      throw InfoldError(.invalidModel, "the attribute \(name) must be an integer")
    }
    return number
  }

  private mutating func split(
    _ x: ValueID, _ node: Node, sizes: ValueID?, _ output: ValueID
  ) throws(InfoldError) -> Bool {
    var axis = try flag(node, "axis", default: 0)
    let keepsAxis = try flag(node, "keepdims", default: 1) != 0
    guard let shape = graph[x].type?.shape else { return false }
    axis = try normalizedAxis(axis, rank: shape.rank)
    if let sizes {
      guard let parts = try Self.parts(graph.constant(sizes), of: shape[axis].size) else {
        throw InfoldError(
          .unsupported, "the sizes that a tensor is split into are computed in the run, or their number is",
          hint: "fix the sizes that the model leaves open, with --shape or Model.binding(inputs:symbols:)")
      }
      sequences[output] = .list(try build.split(x, parts, axis))
      return false
    }
    if let size = shape[axis].size, size <= Self.mostParts {
      guard size > 0 else {
        sequences[output] = .list([])
        return false
      }
      var parts = try build.split(x, Array(repeating: 1, count: size), axis)
      if !keepsAxis { for index in parts.indices { parts[index] = try build.squeeze(parts[index], axis) } }
      sequences[output] = .list(parts)
      return false
    }
    var stack = axis == 0 ? x : try build.move(x, rank: shape.rank, from: axis, to: 0)
    if keepsAxis { stack = try build.unsqueeze(stack, axis + 1) }
    sequences[output] = .stack(stack)
    return false
  }

  /// The sizes of the parts; `nil` where they are not known.
  private static func parts(_ sizes: Tensor?, of whole: Int?) throws(InfoldError) -> [Int]? {
    guard let sizes, [.int32, .int64].contains(sizes.elementType) else { return nil }
    let numbers = try sizes.cast(to: .int64).elements(as: Int64.self).map { Int($0) }
    guard sizes.shape.isEmpty else {
      // One that lists its parts.
      guard sizes.shape.count == 1, numbers.allSatisfy({ $0 >= 0 }) else {
        throw InfoldError(.invalidModel, "the parts have the sizes \(sizes)")
      }
      return numbers.count <= 4096 ? numbers : nil
    }
    guard let whole, let size = numbers.first else { return nil }
    guard size >= 1 else { throw InfoldError(.invalidModel, "the parts have the size \(size)") }
    guard whole / size <= 4096 else { return nil }
    return Array(repeating: size, count: whole / size) + (whole % size == 0 ? [] : [whole % size])
  }

  private mutating func concatenate(
    _ sequence: SequenceValue, _ node: Node, _ output: ValueID
  ) throws(InfoldError) -> Bool {
    guard node.attributes["axis"] != nil else { throw InfoldError(.invalidModel, "the attribute axis is missing") }
    let axis = try flag(node, "axis", default: 0)
    let isNew = try flag(node, "new_axis", default: 0) != 0
    switch sequence {
    case .list(var parts):
      guard !parts.isEmpty else { throw InfoldError(.invalidModel, "the sequence is empty") }
      if isNew { for index in parts.indices { parts[index] = try build.unsqueeze(parts[index], axis) } }
      _ = try build.concatenate(parts, axis, output: output)
    case .stack(let stack):
      if axis == 0 {
        if isNew { try build.handOn(stack, as: output) } else { _ = try build.mergeLeading(stack, output: output) }
        return true
      }
      // The dimensions of one tensor, and in the result one more where there is a new one.
      guard let rank = graph[stack].type?.shape?.rank else { return false }
      let place = try normalizedAxis(axis, rank: isNew ? rank : rank - 1)
      if isNew {
        _ = try build.move(stack, rank: rank, from: 0, to: place, output: output)
      } else {
        try join(stack, rank: rank, along: place, output)
      }
    }
    return true
  }

  /// [T, d0, …] as tensors behind one another along dimension `axis` of each.
  private mutating func join(_ stack: ValueID, rank: Int, along axis: Int, _ output: ValueID) throws(InfoldError) {
    if axis == 0 {
      _ = try build.mergeLeading(stack, output: output)
      return
    }
    let moved = try build.move(stack, rank: rank, from: 0, to: axis)
    let shape = try build.add(ShapeOperator.name, [moved])
    var parts = [try build.slice(shape, 0, axis), try build.constant([-1])]
    if axis + 2 < rank { parts.append(try build.slice(shape, axis + 2, rank)) }
    try build.add(Reshape.name, [moved, build.concatenate(parts, 0)], output: output)
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
  fileprivate var isLoop: Bool { opType == Loop.name && domain.isEmpty }
}

// MARK: - Bodies

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
  private mutating func replaceBranches(_ node: Node) throws(InfoldError) -> Bool {
    var attributes = node.attributes
    var isChanged = false
    for (name, body) in attributes.bodies where concernsSequences(body) {
      var inner = try rewriter(of: body)
      do throws(InfoldError) {
        try inner.rewrite()
        guard !inner.changes.isEmpty else { continue }
        attributes[name] = .graph(try finished(inner, like: body, outputs: body.outputs))
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
  private mutating func replaceLoop(_ node: Node) throws(InfoldError) -> Bool {
    guard case .graph(let body) = node.attributes["body"], body.inputs.count >= 2 else { return false }
    let carried = body.inputs.count - 2
    let given = node.inputs + Array(repeating: nil, count: max(0, 2 - node.inputs.count))
    let isCarrying = given.dropFirst(2).contains { $0.map { sequences[$0] != nil } ?? false }
    guard isCarrying || concernsSequences(body) else { return false }
    guard given.count == 2 + carried, body.outputs.count >= 1 + carried else { return false }
    // Those whose tensors each trip adds to, and those that each trip sees alike.
    var growing: [Int: SequenceValue] = [:], steady: [ValueID: SequenceValue] = [:]
    var prepared = body
    for index in 0..<carried {
      guard let input = given[2 + index], let sequence = sequences[input] else { continue }
      if body.outputs[1 + index] == body.inputs[2 + index] {
        steady[body.inputs[2 + index]] = captured(sequence, in: &prepared)
      } else {
        growing[index] = sequence
      }
    }
    var inner = try rewriter(of: prepared, inputs: steady)
    try inner.setTypes(ofLoop: node, in: graph)
    try inner.rewrite()
    var collected: [(index: Int, tensors: [ValueID])] = []
    for index in growing.keys.sorted() {
      guard let tensors = inner.tensorsAdded(to: body.inputs[2 + index], until: body.outputs[1 + index]) else {
        throw InfoldError(
          .unsupported,
          "the loop carries the sequence \(String(quoting: body[body.inputs[2 + index]].name)), and does more with it than to put "
            + "tensors behind its end in every trip",
          hint: "collect tensors as further outputs of the loop's body, or carry a tensor that grows")
      }
      collected.append((index, try inner.handedOn(tensors)))
    }
    let gone = Set(growing.keys).union(
      (0..<carried).filter { steady[body.inputs[2 + $0]] != nil })
    let kept = (0..<carried).filter { !gone.contains($0) }
    var outputs = [body.outputs[0]] + kept.map { body.outputs[1 + $0] } + body.outputs[(1 + carried)...]
    outputs += collected.flatMap(\.tensors)
    var changed = try finished(inner, like: body, outputs: outputs)
    changed.inputs = body.inputs[..<2] + kept.map { body.inputs[2 + $0] }
    var attributes = node.attributes
    attributes["body"] = .graph(changed)
    // What the node makes: what is carried, what was collected before, and now what the sequences consist of.
    var made: [ValueID?] = kept.map { $0 < node.outputs.count ? node.outputs[$0] : nil }
    let scans = body.outputs.count - 1 - carried
    for index in 0..<scans {
      made.append(carried + index < node.outputs.count ? node.outputs[carried + index] : nil)
    }
    var stacks: [(index: Int, stacks: [ValueID])] = []
    for (index, tensors) in collected {
      let values = tensors.map { _ in build.graph.add(Value(name: build.names.unused(build.base + "/tensors"))) }
      made += values.map(Optional.some)
      stacks.append((index, values))
    }
    build.nodes.append(
      try self.node(
        like: node, attributes, inputs: given[..<2] + kept.map { given[2 + $0] }, outputs: made))
    for index in gone where index < node.outputs.count {
      guard let output = node.outputs[index], steady[body.inputs[2 + index]] != nil else { continue }
      sequences[output] = sequences[given[2 + index]!]
    }
    for (index, values) in stacks where index < node.outputs.count {
      guard let output = node.outputs[index] else { continue }
      sequences[output] = .stack(try grown(growing[index]!, by: values))
    }
    return true
  }

  /// A sequence, and behind it what every trip of a loop has added: the first of `stacks` holds what each trip adds first.
  private mutating func grown(_ sequence: SequenceValue, by stacks: [ValueID]) throws(InfoldError) -> ValueID {
    var added = stacks[0]
    if stacks.count > 1 {
      var columns: [ValueID] = []
      for stack in stacks { columns.append(try build.unsqueeze(stack, 1)) }
      added = try build.mergeLeading(build.concatenate(columns, 1))
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

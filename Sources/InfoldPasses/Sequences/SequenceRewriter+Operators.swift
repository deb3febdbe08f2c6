import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// The rewriting of each sequence operator.
extension SequenceRewriter {
  /// The maximum number of tensors into which a sequence is split. The tensors of longer sequences
  /// must have the same shape and are kept as one.
  private static let mostParts = 64
  /// The maximum number of tensors with different sizes.
  private static let mostListed = 4096

  /// Rewrites a sequence operator.
  /// - Returns: Whether nodes were added in its place.
  mutating func replace(
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
        throw InfoldError(.invalidModel, "missing input of the sequence")
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

  /// Returns a position in a list, from `0` to `count` − 1, or `nil` if it is computed at run time.
  /// - Parameter mayBeEnd: Whether `count` is a valid position as well.
  private func position(_ id: ValueID, of count: Int, mayBeEnd: Bool = false) throws(InfoldError) -> Int? {
    guard let tensor = graph.constant(id) else { return nil }
    guard tensor.count == 1, [.int32, .int64].contains(tensor.elementType) else {
      throw InfoldError(.invalidModel, "the position is \(tensor), but must be a single integer")
    }
    let given = try tensor.cast(to: .int64).elements(as: Int64.self)[0]
    if mayBeEnd, given == Int64(count) { return count }
    let position = given < 0 ? given + Int64(count) : given
    guard (0..<Int64(count)).contains(position) else {
      throw InfoldError(
        .invalidModel, "the position \(given) is out of range for a sequence of \(counted(count, "tensor"))")
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
        guard let position = try position(place, of: parts.count, mayBeEnd: true) else { throw Self.variablePosition }
        index = position
      }
      parts.insert(x, at: index)
      sequences[output] = .list(parts)
      return false
    case .stack(let stack):
      guard place == nil else { throw Self.variablePosition }
      if let shape = graph[stack].type?.shape, let own = graph[x].type?.shape,
        Shape(Array(shape.dimensions.dropFirst())).merged(with: own) == nil
      {
        throw InfoldError(
          .unsupported,
          "a tensor of another shape is inserted into a sequence that is long, or whose length is computed at run time",
          hint: "give all tensors the same shape")
      }
      sequences[output] = .stack(try build.concatenate([stack, build.unsqueeze(x, 0)], 0))
      return false
    }
  }

  private static let variablePosition = InfoldError(
    .unsupported,
    "the position at which a tensor is inserted into or erased from a sequence, or its length, is computed at run time",
    hint: "append tensors at the end of the sequence, or stack them into one tensor")

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
    guard let place else { throw InfoldError(.invalidModel, "missing input: the position") }
    if case .list(let parts) = sequence, let position = try position(place, of: parts.count) {
      return try build.forward(parts[position], as: output)
    }
    let stack = try stack(sequence)
    let scalar = try graph[place].type?.shape == [] ? place : build.add(Reshape.name, [place, build.constant([])])
    _ = try build.gather(stack, scalar, output: output)
  }

  private mutating func count(_ sequence: SequenceValue, _ output: ValueID) throws(InfoldError) {
    switch sequence {
    case .list(let parts): try build.forward(build.constant([parts.count], isScalar: true), as: output)
    case .stack(let stack):
      let shape = try build.add(ShapeOperator.name, [stack])
      _ = try build.gather(shape, build.constant([0], isScalar: true), output: output)
    }
  }

  /// Returns the tensors of a sequence stacked along a new first dimension.
  mutating func stack(_ sequence: SequenceValue) throws(InfoldError) -> ValueID {
    guard case .list(let parts) = sequence else {
      if case .stack(let stack) = sequence { return stack }
      preconditionFailure("a sequence is a list or a stack")
    }
    let types = parts.map { graph[$0].type }
    guard let first = types.first ?? nil, let shape = first.shape, !shape.contains(.unknown),
      types.allSatisfy({ $0 == first })
    else {
      throw InfoldError(
        .unsupported,
        "the position in the sequence is computed at run time, and its tensors do not have the same known shape",
        hint: "give all tensors the same shape, or bind the dynamic dimensions")
    }
    return try build.stack(parts, 0)
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
    let keeps = try flag(node, "keepdims", default: 1) != 0
    guard let shape = graph[x].type?.shape else { return false }
    axis = try normalizedAxis(axis, rank: shape.rank)
    if let sizes {
      if let parts = try parts(sizes, of: shape[axis].size) {
        guard !parts.isEmpty || shape[axis].size ?? 0 == 0 else {
          throw InfoldError(.invalidModel, "\(shape[axis]) positions are split into zero parts")
        }
        sequences[output] = .list(parts.isEmpty ? [] : try build.split(x, parts, axis))
        return false
      }
      if let count = graph[sizes].type?.shape?.sizes, count.count == 1, 1...Self.mostListed ~= count[0],
        node.opsetVersion >= 13
      {
        sequences[output] = .list(try build.split(x, sizes: sizes, count: count[0], axis))
        return false
      }
      guard try graph.constant(sizes).map(Self.isOne) == true else {
        throw InfoldError(
          .unsupported, "the number of parts that a tensor is split into is computed at run time",
          hint: "bind the dynamic dimensions with --shape or Model.binding(inputs:symbols:)")
      }
    }
    let keepsAxis = sizes != nil || keeps
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

  /// Returns the sizes of the parts, or `nil` if they are not known.
  private func parts(_ sizes: ValueID, of whole: Int?) throws(InfoldError) -> [Int]? {
    guard let sizes = graph.constant(sizes), [.int32, .int64].contains(sizes.elementType) else { return nil }
    let numbers = try sizes.integers()
    guard sizes.shape.isEmpty else {
      // A list of the sizes of all parts.
      guard sizes.shape.count == 1, numbers.allSatisfy({ $0 >= 0 }) else {
        throw InfoldError(.invalidModel, "the sizes of the parts, \(sizes), are invalid")
      }
      return numbers.count <= Self.mostListed ? numbers : nil
    }
    guard let size = numbers.first, size >= 1 else {
      throw InfoldError(.invalidModel, "the size of the parts, \(sizes), is invalid")
    }
    guard let whole, whole / size <= (size == 1 ? Self.mostParts : Self.mostListed) else { return nil }
    return Array(repeating: size, count: whole / size) + (whole % size == 0 ? [] : [whole % size])
  }

  /// Returns whether a tensor is the scalar 1.
  private static func isOne(_ tensor: Tensor) throws(InfoldError) -> Bool {
    guard tensor.shape.isEmpty, [.int32, .int64].contains(tensor.elementType) else { return false }
    return try tensor.integers() == [1]
  }

  private mutating func concatenate(
    _ sequence: SequenceValue, _ node: Node, _ output: ValueID
  ) throws(InfoldError) -> Bool {
    guard node.attributes["axis"] != nil else { throw InfoldError(.invalidModel, "the attribute axis is missing") }
    let axis = try flag(node, "axis", default: 0)
    let isNew = try flag(node, "new_axis", default: 0) != 0
    switch sequence {
    case .list(let parts):
      guard !parts.isEmpty else { throw InfoldError(.invalidModel, "the sequence is empty") }
      if isNew {
        _ = try build.stack(parts, axis, output: output)
      } else {
        _ = try build.concatenate(parts, axis, output: output)
      }
    case .stack(let stack):
      if axis == 0 {
        if isNew { try build.forward(stack, as: output) } else { _ = try build.mergeLeading(stack, output: output) }
        return true
      }
      // The rank of one tensor, plus the new dimension in the result if there is one.
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

  /// Concatenates the tensors of a stack [T, d0, …] along dimension `axis` of each.
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

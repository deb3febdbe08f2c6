import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Creates new nodes with unused names for one opset version.
struct SequenceNodes {
  /// The graph to which values are added.
  var graph: Graph
  /// All names in use, including those in bodies and outer graphs.
  var names: NameRegistry
  /// The new nodes of the graph.
  var nodes: [Node] = []
  /// The opset version of new nodes.
  var opset = 13
  /// The prefix of new names.
  var base = ""

  private mutating func value() -> ValueID { graph.add(Value(name: names.unused(base))) }

  /// Adds a list of integers.
  mutating func constant(_ numbers: [Int], isScalar: Bool = false) throws(InfoldError) -> ValueID {
    graph.addConstant(
      names.unused(base + "/numbers"),
      try Tensor(shape: isScalar ? [] : [numbers.count], numbers.map { Int64($0) }))
  }

  /// Adds a node.
  /// - Parameter output: The output. By default, a new value.
  @discardableResult
  mutating func add(
    _ opType: String, _ inputs: [ValueID], _ attributes: AttributeList = [:], output: ValueID? = nil
  ) throws(InfoldError) -> ValueID {
    let output = output ?? value()
    nodes.append(
      try Node(
        opType: opType, opsetVersion: opset, attributes: attributes, inputs: inputs, outputs: [output]))
    return output
  }

  /// Adds a node that takes axes, either as an attribute or as an input, depending on the opset.
  private mutating func addWithAxes(
    _ opType: String, _ x: ValueID, _ axes: [Int], output: ValueID? = nil
  ) throws(InfoldError) -> ValueID {
    guard opset >= 13 else { return try add(opType, [x], ["axes": .ints(axes.map(Int64.init))], output: output) }
    return try add(opType, [x, constant(axes)], output: output)
  }

  /// Adds an Identity that writes a value to another one.
  mutating func forward(_ x: ValueID, as output: ValueID) throws(InfoldError) {
    try add(Identity.name, [x], output: output)
  }

  /// Returns the value with a dimension of size 1 inserted at `axis`.
  mutating func unsqueeze(_ x: ValueID, _ axis: Int) throws(InfoldError) -> ValueID {
    try addWithAxes(Unsqueeze.name, x, [axis])
  }

  /// Returns the value without the dimension of size 1 at `axis`.
  mutating func squeeze(_ x: ValueID, _ axis: Int) throws(InfoldError) -> ValueID {
    try addWithAxes(Squeeze.name, x, [axis])
  }

  /// Concatenates values along `axis`.
  mutating func concatenate(
    _ parts: [ValueID], _ axis: Int, output: ValueID? = nil
  ) throws(InfoldError) -> ValueID {
    try add(Concat.name, parts, ["axis": .int(Int64(axis))], output: output)
  }

  /// Stacks values along a new dimension at `axis`.
  mutating func stack(_ parts: [ValueID], _ axis: Int, output: ValueID? = nil) throws(InfoldError) -> ValueID {
    var slices: [ValueID] = []
    for part in parts { slices.append(try unsqueeze(part, axis)) }
    return try concatenate(slices, axis, output: output)
  }

  /// Returns the slice of the first dimension at a position that is given by a value.
  mutating func gather(_ x: ValueID, _ position: ValueID, output: ValueID? = nil) throws(InfoldError) -> ValueID {
    try add(Gather.name, [x, position], ["axis": .int(0)], output: output)
  }

  /// Returns the range of the first dimension between two positions.
  mutating func slice(_ x: ValueID, _ start: Int, _ end: Int) throws(InfoldError) -> ValueID {
    try add(Slice.name, [x, constant([start]), constant([end]), constant([0])])
  }

  /// Merges the first two dimensions of a value.
  mutating func mergeLeading(_ x: ValueID, output: ValueID? = nil) throws(InfoldError) -> ValueID {
    let rest = try slice(add(ShapeOperator.name, [x]), 2, Int(Int32.max))
    let shape = try concatenate([constant([-1]), rest], 0)
    return try add(Reshape.name, [x, shape], output: output)
  }

  /// Moves dimension `from` of a value to `to`.
  mutating func move(
    _ x: ValueID, rank: Int, from: Int, to: Int, output: ValueID? = nil
  ) throws(InfoldError) -> ValueID {
    var order = Array(0..<rank)
    order.insert(order.remove(at: from), at: to)
    return try add(Transpose.name, [x], ["perm": .ints(order.map(Int64.init))], output: output)
  }

  /// Splits a value into parts of these sizes along `axis`.
  mutating func split(_ x: ValueID, _ sizes: [Int], _ axis: Int) throws(InfoldError) -> [ValueID] {
    guard opset < 13 else { return try split(x, sizes: constant(sizes), count: sizes.count, axis) }
    return try addSplit(
      [x], ["axis": .int(Int64(axis)), "split": .ints(sizes.map(Int64.init))], count: sizes.count)
  }

  /// Splits a value into `count` parts along `axis`, whose sizes are given by a list of integers.
  /// Requires opset 13 or later.
  mutating func split(_ x: ValueID, sizes: ValueID, count: Int, _ axis: Int) throws(InfoldError) -> [ValueID] {
    let type = graph[sizes].type?.elementType ?? .int64
    let list = type == .int64 ? sizes : try add(Cast.name, [sizes], ["to": .int(Int64(ElementType.int64.rawValue))])
    return try addSplit([x, list], ["axis": .int(Int64(axis))], count: count)
  }

  private mutating func addSplit(
    _ inputs: [ValueID], _ attributes: AttributeList, count: Int
  ) throws(InfoldError) -> [ValueID] {
    let outputs = (0..<count).map { _ in value() }
    nodes.append(
      try Node(opType: Split.name, opsetVersion: opset, attributes: attributes, inputs: inputs, outputs: outputs))
    return outputs
  }
}

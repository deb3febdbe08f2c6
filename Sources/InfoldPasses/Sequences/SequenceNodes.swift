import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Puts new nodes behind others, under names that are not taken, as operators of one version.
struct SequenceNodes {
  /// The graph, to which values are added.
  var graph: Graph
  /// The names that are taken, those of bodies and of graphs around included.
  var names: NameRegistry
  /// What the graph's nodes become.
  var nodes: [Node] = []
  /// The version of ONNX's operator set that new nodes are written for.
  var opset = 13
  /// What new values are called after.
  var base = ""

  private mutating func value() -> ValueID { graph.add(Value(name: names.unused(base))) }

  /// Adds a list of integers.
  mutating func constant(_ numbers: [Int], isScalar: Bool = false) throws(InfoldError) -> ValueID {
    graph.addConstant(
      names.unused(base + "/numbers"),
      try Tensor(shape: isScalar ? [] : [numbers.count], numbers.map { Int64($0) }))
  }

  /// Adds a node.
  /// - Parameter output: What it makes; a new value by default.
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

  /// Adds a node that takes axes, as an attribute or as an input.
  private mutating func addWithAxes(
    _ opType: String, _ x: ValueID, _ axes: [Int], output: ValueID? = nil
  ) throws(InfoldError) -> ValueID {
    guard opset >= 13 else { return try add(opType, [x], ["axes": .ints(axes.map(Int64.init))], output: output) }
    return try add(opType, [x, constant(axes)], output: output)
  }

  /// Hands a value on as another one.
  mutating func handOn(_ x: ValueID, as output: ValueID) throws(InfoldError) {
    try add(Identity.name, [x], output: output)
  }

  /// The value with a dimension of 1 at `axis`.
  mutating func unsqueeze(_ x: ValueID, _ axis: Int) throws(InfoldError) -> ValueID {
    try addWithAxes(Unsqueeze.name, x, [axis])
  }

  /// The value without the dimension of 1 at `axis`.
  mutating func squeeze(_ x: ValueID, _ axis: Int) throws(InfoldError) -> ValueID {
    try addWithAxes(Squeeze.name, x, [axis])
  }

  /// The values behind one another along `axis`.
  mutating func concatenate(
    _ parts: [ValueID], _ axis: Int, output: ValueID? = nil
  ) throws(InfoldError) -> ValueID {
    try add(Concat.name, parts, ["axis": .int(Int64(axis))], output: output)
  }

  /// The values beside one another along a new dimension at `axis`.
  mutating func stack(_ parts: [ValueID], _ axis: Int, output: ValueID? = nil) throws(InfoldError) -> ValueID {
    var slices: [ValueID] = []
    for part in parts { slices.append(try unsqueeze(part, axis)) }
    return try concatenate(slices, axis, output: output)
  }

  /// The slice at a position, given by a value, of the first dimension.
  mutating func gather(_ x: ValueID, _ position: ValueID, output: ValueID? = nil) throws(InfoldError) -> ValueID {
    try add(Gather.name, [x, position], ["axis": .int(0)], output: output)
  }

  /// What lies between two positions of the first dimension.
  mutating func slice(_ x: ValueID, _ start: Int, _ end: Int) throws(InfoldError) -> ValueID {
    try add(Slice.name, [x, constant([start]), constant([end]), constant([0])])
  }

  /// The value with its first two dimensions as one.
  mutating func mergeLeading(_ x: ValueID, output: ValueID? = nil) throws(InfoldError) -> ValueID {
    let rest = try slice(add(ShapeOperator.name, [x]), 2, Int(Int32.max))
    let shape = try concatenate([constant([-1]), rest], 0)
    return try add(Reshape.name, [x, shape], output: output)
  }

  /// The value with its dimension `from` at `to`.
  mutating func move(
    _ x: ValueID, rank: Int, from: Int, to: Int, output: ValueID? = nil
  ) throws(InfoldError) -> ValueID {
    var order = Array(0..<rank)
    order.insert(order.remove(at: from), at: to)
    return try add(Transpose.name, [x], ["perm": .ints(order.map(Int64.init))], output: output)
  }

  /// Parts of these sizes along `axis`.
  mutating func split(_ x: ValueID, _ sizes: [Int], _ axis: Int) throws(InfoldError) -> [ValueID] {
    guard opset < 13 else { return try split(x, sizes: constant(sizes), count: sizes.count, axis) }
    return try addSplit(
      [x], ["axis": .int(Int64(axis)), "split": .ints(sizes.map(Int64.init))], count: sizes.count)
  }

  /// So many parts along `axis`, whose sizes are a list of integers; of opset 13 or later.
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

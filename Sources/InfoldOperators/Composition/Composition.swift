import InfoldGraph
import InfoldSystem
import InfoldTensor

/// A network of operators in the making, which computes what one operator does. The types of its values are known as nodes are added.
struct Composition {
  /// The version of ONNX's own operators that nodes mean, where they do not say so.
  static let opset = 24

  private var graph = Graph()
  /// What is the same in every run of the operator's inputs.
  private var known: [ValueID: Tensor] = [:]
  /// The inputs of the operator; `nil` for those that are left out.
  let inputs: [ValueID?]

  /// An empty network, with the inputs that an operator has.
  init(_ operands: OperatorInputs) {
    var inputs: [ValueID?] = []
    for (index, type) in operands.types.enumerated() {
      // A body has a place for what is left out, too.
      let id = graph.add(Value(name: "input\(index)", type: type))
      graph.inputs.append(id)
      if let tensor = operands.constant(index) { known[id] = tensor }
      inputs.append(type == nil ? nil : id)
    }
    self.inputs = inputs
  }

  /// Input `index`; `nil` where it is left out.
  subscript(index: Int) -> ValueID? { index < inputs.count ? inputs[index] : nil }

  /// Input `index`, which must be there.
  /// - Throws: `InfoldError` with `.invalidModel` where it is left out.
  func input(_ index: Int) throws(InfoldError) -> ValueID {
    guard let id = self[index] else { throw InfoldError(.invalidModel, "input \(index) is left out") }
    return id
  }

  /// The element type of a value.
  func elementType(_ id: ValueID) -> ElementType { graph[id].type!.elementType }

  /// The shape of a value, as far as it is known.
  func shape(_ id: ValueID) -> Shape? { graph[id].type?.shape }

  /// The sizes of a value, where all are known.
  func sizes(_ id: ValueID) -> [Int]? { shape(id)?.sizes }

  /// The tensor of a value that is the same in every run.
  func constant(_ id: ValueID) -> Tensor? { known[id] ?? graph.constant(id) }

  /// Adds a constant.
  mutating func add(_ tensor: Tensor) -> ValueID { graph.addConstant("constant\(graph.values.count)", tensor) }

  /// Adds a number without dimensions, of the floating-point type of a value.
  mutating func number(_ number: Double, like id: ValueID) throws(InfoldError) -> ValueID {
    add(try Tensor(scalar: number).converted(to: elementType(id)))
  }

  /// Adds a list of int64.
  mutating func list(_ integers: [Int]) throws(InfoldError) -> ValueID {
    add(try Tensor(shape: [integers.count], integers.map { Int64($0) }))
  }

  /// Adds a node with one output.
  mutating func add(
    _ opType: String, _ inputs: [ValueID?], _ attributes: AttributeList = [:], version: Int = Self.opset
  ) throws(InfoldError) -> ValueID {
    try add(opType, inputs, attributes, version: version, outputs: 1)[0]
  }

  /// Adds a node, and infers the types of its outputs.
  /// - Throws: The error of its operator.
  mutating func add(
    _ opType: String, _ inputs: [ValueID?], _ attributes: AttributeList = [:], version: Int = Self.opset,
    outputs count: Int
  ) throws(InfoldError) -> [ValueID] {
    let first = graph.values.count
    let outputs = (0..<count).map { graph.add(Value(name: "\(opType.lowercased())\(first + $0)")) }
    let node = try Node(opType: opType, opsetVersion: version, attributes: attributes, inputs: inputs, outputs: outputs)
    let types = try node.inferOutputs(
      types: inputs.map { $0.flatMap { graph[$0].type } }, constants: inputs.map { $0.flatMap { constant($0) } })
    for (output, type) in zip(outputs, types) { graph[output].type = type }
    graph.add(node)
    return outputs
  }

  /// The network.
  consuming func graph(returning outputs: [ValueID]) -> Graph {
    var graph = graph
    graph.outputs = outputs
    return graph
  }
}

extension Composition {
  /// A value in another shape.
  mutating func reshape(_ id: ValueID, _ shape: [Int]) throws(InfoldError) -> ValueID {
    try add(Reshape.name, [id, list(shape)], ["allowzero": .int(1)])
  }

  /// A value whose axis i is the axis `axes[i]` of another one.
  mutating func transpose(_ id: ValueID, _ axes: [Int]) throws(InfoldError) -> ValueID {
    guard axes != Array(axes.indices) else { return id }
    return try add(Transpose.name, [id], ["perm": .ints(axes.map(Int64.init))])
  }

  /// A value with dimensions of 1 in these places of the result.
  mutating func unsqueeze(_ id: ValueID, _ axes: [Int]) throws(InfoldError) -> ValueID {
    try add(Unsqueeze.name, [id, list(axes)])
  }

  /// A value in another floating-point type.
  mutating func cast(_ id: ValueID, to type: ElementType) throws(InfoldError) -> ValueID {
    guard elementType(id) != type else { return id }
    return try add(Cast.name, [id], ["to": .int(Int64(type.rawValue))])
  }
}

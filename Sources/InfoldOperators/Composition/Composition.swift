import InfoldGraph
import InfoldSystem
import InfoldTensor

/// A graph under construction that computes a single operator. The types of its values are inferred
/// as nodes are added.
struct Composition {
  /// The opset of ONNX's own operators, unless a node specifies another version.
  static let opset = 24

  private var graph = Graph()
  /// The tensors of the operator's inputs that are the same in every run.
  private var known: [ValueID: Tensor] = [:]
  /// The inputs of the operator; `nil` for omitted ones.
  let inputs: [ValueID?]

  /// Creates a graph with the inputs of an operator and no nodes.
  init(_ operands: OperatorInputs) {
    var inputs: [ValueID?] = []
    for (index, type) in operands.types.enumerated() {
      // The graph has an input even if the operator's input is omitted.
      let id = graph.add(Value(name: "input\(index)", type: type))
      graph.inputs.append(id)
      if let tensor = operands.constant(index) { known[id] = tensor }
      inputs.append(type == nil ? nil : id)
    }
    self.inputs = inputs
  }

  /// Returns input `index`, or `nil` if it is omitted.
  subscript(index: Int) -> ValueID? { index < inputs.count ? inputs[index] : nil }

  /// Returns the required input `index`.
  /// - Throws: `InfoldError.Code.invalidModel` if it is omitted.
  func input(_ index: Int) throws(InfoldError) -> ValueID {
    guard let id = self[index] else { throw InfoldError(.invalidModel, "missing input \(index)") }
    return id
  }

  /// Returns the element type of a value.
  func elementType(_ id: ValueID) -> ElementType { graph[id].type!.elementType }

  /// Returns the shape of a value, as far as it is known.
  func shape(_ id: ValueID) -> Shape? { graph[id].type?.shape }

  /// Returns the sizes of a value if all are known.
  func sizes(_ id: ValueID) -> [Int]? { shape(id)?.sizes }

  /// Returns the tensor of a value that is the same in every run.
  func constant(_ id: ValueID) -> Tensor? { known[id] ?? graph.constant(id) }

  /// Adds a constant.
  mutating func add(_ tensor: Tensor) -> ValueID { graph.addConstant("constant\(graph.values.count)", tensor) }

  /// Adds a scalar of the floating-point type of a value.
  mutating func number(_ number: Double, like id: ValueID) throws(InfoldError) -> ValueID {
    add(try Tensor(scalar: number).converted(to: elementType(id)))
  }

  /// Adds an int64 list.
  mutating func list(_ integers: [Int]) throws(InfoldError) -> ValueID {
    add(try Tensor(shape: [integers.count], integers.map { Int64($0) }))
  }

  /// Adds a node with one output.
  mutating func add(
    _ opType: String, _ inputs: [ValueID?], _ attributes: AttributeList = [:], version: Int = Self.opset
  ) throws(InfoldError) -> ValueID {
    try add(opType, inputs, attributes, version: version, outputs: 1)[0]
  }

  /// Adds a node and infers the types of its outputs.
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

  /// Returns the graph.
  consuming func graph(returning outputs: [ValueID]) -> Graph {
    var graph = graph
    graph.outputs = outputs
    return graph
  }
}

extension Composition {
  /// Adds a reshape.
  mutating func reshape(_ id: ValueID, _ shape: [Int]) throws(InfoldError) -> ValueID {
    try add(Reshape.name, [id, list(shape)], ["allowzero": .int(1)])
  }

  /// Adds a transposition. Axis i of the result is the axis `axes[i]` of the value.
  mutating func transpose(_ id: ValueID, _ axes: [Int]) throws(InfoldError) -> ValueID {
    guard axes != Array(axes.indices) else { return id }
    return try add(Transpose.name, [id], ["perm": .ints(axes.map(Int64.init))])
  }

  /// Inserts dimensions of size 1 at these axes of the result.
  mutating func unsqueeze(_ id: ValueID, _ axes: [Int]) throws(InfoldError) -> ValueID {
    try add(Unsqueeze.name, [id, list(axes)])
  }

  /// Adds a conversion to another floating-point type.
  mutating func cast(_ id: ValueID, to type: ElementType) throws(InfoldError) -> ValueID {
    guard elementType(id) != type else { return id }
    return try add(Cast.name, [id], ["to": .int(Int64(type.rawValue))])
  }
}

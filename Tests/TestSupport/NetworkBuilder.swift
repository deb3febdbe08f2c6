import InfoldGraph
import InfoldOperators
import InfoldTensor

/// Builds small networks for tests: every method adds a node and returns its first output.
public struct NetworkBuilder {
  public private(set) var graph: Graph
  public var random: SplitMix64
  private let opset: Int

  public init(opset: Int = 13, seed: UInt64 = 1) {
    graph = Graph(name: "test")
    random = SplitMix64(seed: seed)
    self.opset = opset
  }

  public mutating func input(_ shape: Shape, _ name: String = "x", of type: ElementType = .float32) -> ValueID {
    graph.addInput(name, TensorType(type, shape))
  }

  public mutating func constant(_ tensor: Tensor, _ name: String? = nil) -> ValueID {
    graph.addConstant(name ?? "constant\(graph.values.count)", tensor)
  }

  /// A constant of random numbers.
  public mutating func weights(_ shape: [Int], in range: ClosedRange<Float> = -1...1) throws -> ValueID {
    constant(try random.tensor(shape, in: range))
  }

  /// An If, whose branches may capture values of this network.
  public mutating func choice(_ condition: ValueID, then: Branch, else otherwise: Branch) throws -> ValueID {
    let attributes: AttributeList = ["then_branch": .graph(then.graph), "else_branch": .graph(otherwise.graph)]
    let name = "if\(graph.nodes.count)"
    let output = graph.add(Value(name: name + ".out"))
    let captures = attributes.capturedNames.map { name in graph.valueIDs.first { graph[$0].name == name }! }
    graph.add(
      try Node(
        name: name, opType: "If", opsetVersion: opset, attributes: attributes, inputs: [condition], outputs: [output],
        captures: captures))
    return output
  }

  /// A branch of an If.
  public struct Branch {
    public let graph: Graph

    /// The branch that returns the result of `body` for the captured value called `name`.
    public init(
      of name: String, opset: Int = 13, _ body: (inout NetworkBuilder, ValueID) throws -> ValueID
    ) throws {
      var network = NetworkBuilder(opset: opset)
      let capture = network.graph.add(Value(name: name))
      network.graph.captures = [capture]
      network.graph.outputs = [try body(&network, capture)]
      try network.graph.sort()
      graph = network.graph
    }
  }

  /// An initializer that a caller may override, by a tensor of the shape `declared`, by default its own.
  public mutating func overridable(_ tensor: Tensor, _ name: String, declared: Shape? = nil) -> ValueID {
    let id = constant(tensor, name)
    if let declared { graph[id].type?.shape = declared }
    graph.inputs.append(id)
    return id
  }

  /// Adds a node named `name`, or after its operator and position.
  /// - Parameter leftOut: The number of additional outputs that it lists and omits.
  @discardableResult
  public mutating func node(
    _ opType: String, _ inputs: [ValueID?], _ attributes: AttributeList = [:], name: String? = nil,
    captures: [ValueID] = [], outputs: Int = 1, leftOut: Int = 0
  ) throws -> ValueID {
    try nodes(opType, inputs, attributes, name: name, captures: captures, outputs: outputs, leftOut: leftOut)[0]
  }

  /// Like `node`, for an operator of another domain in its first version.
  mutating func node(
    _ opType: String, _ inputs: [ValueID?], name: String?, domain: String, registry: OperatorRegistry
  ) throws -> ValueID {
    let name = name ?? "\(opType.lowercased())\(graph.nodes.count)"
    let output = graph.add(Value(name: "\(name).out"))
    graph.add(
      try Node(
        name: name, opType: opType, domain: domain, opsetVersion: 1, inputs: inputs, outputs: [output],
        registry: registry))
    return output
  }

  /// Like `node`, but returns all outputs.
  public mutating func nodes(
    _ opType: String, _ inputs: [ValueID?], _ attributes: AttributeList = [:], name: String? = nil,
    captures: [ValueID] = [], outputs: Int, leftOut: Int = 0
  ) throws -> [ValueID] {
    let name = name ?? "\(opType.lowercased())\(graph.nodes.count)"
    let outputs = (0..<outputs).map { graph.add(Value(name: $0 == 0 ? "\(name).out" : "\(name).out\($0)")) }
    graph.add(
      try Node(
        name: name, opType: opType, opsetVersion: opset, attributes: attributes, inputs: inputs,
        outputs: outputs + Array(repeating: nil, count: leftOut), captures: captures))
    return outputs
  }

  /// A BatchNormalization with random parameters that are far from the identity.
  public mutating func normalization(
    _ x: ValueID, channels: Int, _ attributes: AttributeList = [:], name: String? = nil
  ) throws -> ValueID {
    let parameters = [
      try weights([channels], in: 0.5...2), try weights([channels]), try weights([channels]),
      try weights([channels], in: 0.1...3),
    ]
    return try node("BatchNormalization", [x] + parameters, attributes, name: name)
  }

  /// A value of the enclosing graph, if this network is a body.
  public mutating func capture(_ name: String) -> ValueID {
    let id = graph.add(Value(name: name))
    graph.captures.append(id)
    return id
  }

  /// The network as a body with these outputs.
  public func body(outputs: [ValueID], captures: [ValueID]) throws -> Graph {
    var graph = graph
    graph.outputs = outputs
    graph.captures = captures
    try graph.sort()
    return graph
  }

  /// The network with these outputs, sorted and with inferred types. It is mutating, so that its arguments may add nodes.
  public mutating func finished(_ outputs: ValueID...) throws -> Graph { try finished(outputs) }

  public mutating func finished(_ outputs: [ValueID]) throws -> Graph {
    var graph = graph
    graph.outputs = outputs
    try graph.sort()
    try graph.inferTypes()
    return graph
  }
}

import InfoldSystem
import InfoldTensor

/// Builds a model in Swift. Each call appends a node and returns its output.
///
/// ```swift
/// var builder = ModelBuilder("edges")
/// let x = try builder.input("x", shape: ["N", 1, "H", "W"])
/// let edges = try builder.convolution(x, weight: Tensor(shape: [1, 1, 1, 3], [-1, 0, 1] as [Float]))
/// try builder.output(builder.relu(edges), named: "y")
/// let model = try builder.model()
/// ```
///
/// The model runs in a `Session`. `Model.write(to:)` saves it as ONNX, which other runtimes can
/// read.
public struct ModelBuilder: Sendable {
  /// The graph built so far. `model()` infers its types.
  public private(set) var graph: Graph

  /// Whether to keep nodes without an Infold operator, such as sequence operators, which passes
  /// replace later.
  package var keepsOpaqueNodes = false
  /// The prefix of generated names. It keeps names in a body distinct from those of the outer
  /// graph.
  package var namePrefix = ""

  private let opset: Int
  private let operators: OperatorRegistry
  private var imports: [Model.OpsetImport]
  private var names = NameRegistry()
  /// The names in `names`, in the order in which they were taken.
  private var nameLog: [String] = []

  /// Creates a builder of an empty graph.
  /// - Parameters:
  ///   - name: The graph's name.
  ///   - opset: The version of the ONNX opset, at most `OperatorRegistry.newestOpset`.
  ///   - operators: The operators that nodes may use. Use `.standard.adding(…)` to add your own.
  public init(_ name: String = "", opset: Int = 17, operators: OperatorRegistry) {
    graph = Graph(name: name)
    self.opset = opset
    self.operators = operators
    imports = [Model.OpsetImport(version: opset)]
  }

  /// Adds a graph input.
  /// - Parameters:
  ///   - name: The name of the input.
  ///   - shape: Sizes, and symbols for dynamic dimensions: `["N", 3, 224, 224]`.
  ///   - elementType: The element type.
  /// - Throws: `InfoldError.Code.invalidArgument` if `name` is empty or already in use.
  public mutating func input(
    _ name: String, shape: Shape, of elementType: ElementType = .float32
  ) throws(InfoldError) -> ValueID {
    graph.addInput(try take(name), TensorType(elementType, shape))
  }

  /// Adds a constant, such as a weight.
  /// - Parameters:
  ///   - tensor: The constant's tensor.
  ///   - name: A unique name, or `nil` to generate one.
  /// - Throws: `InfoldError.Code.invalidArgument` if `name` is empty or already in use.
  public mutating func constant(_ tensor: Tensor, named name: String? = nil) throws(InfoldError) -> ValueID {
    graph.addConstant(try take(name, or: "constant"), tensor)
  }

  /// Adds a node with one output.
  /// - Parameters:
  ///   - opType: The operator's name, such as `Conv`.
  ///   - inputs: The inputs in the operator's order; `nil` for an omitted optional input.
  ///   - attributes: The attributes, named as in the ONNX standard.
  ///   - name: The name of the node and of its output, or `nil` to generate one.
  ///   - domain: The operator's domain, if it is not ONNX's own.
  ///   - version: The opset version of that domain.
  /// - Throws: The errors of `nodes(_:_:attributes:named:domain:version:outputCount:)`.
  public mutating func node(
    _ opType: String, _ inputs: [ValueID?], attributes: AttributeList = [:], named name: String? = nil,
    domain: String = "", version: Int = 1
  ) throws(InfoldError) -> ValueID {
    try nodes(
      opType, inputs, attributes: attributes, named: name, domain: domain, version: version, outputCount: 1)[0]
  }

  /// Adds a node with several outputs.
  /// - Parameters:
  ///   - opType: The operator's name, such as `Split`.
  ///   - inputs: The inputs in the operator's order; `nil` for an omitted optional input.
  ///   - attributes: The attributes, named as in the ONNX standard. Bodies of If and Loop may
  ///     capture values of this graph by name.
  ///   - name: The name of the node and of its first output, or `nil` to generate one.
  ///   - domain: The operator's domain, if it is not ONNX's own.
  ///   - version: The opset version of that domain. ONNX's own operators use the builder's opset.
  ///   - count: The number of outputs.
  /// - Returns: The outputs.
  /// - Throws: `InfoldError.Code.invalidModel` if the attributes or the number of inputs and
  ///   outputs violate the operator's definition; `.unsupported` if Infold does not support the
  ///   operator; `.invalidArgument` if `name` is empty or already in use, or if a body captures a
  ///   value that does not exist.
  public mutating func nodes(
    _ opType: String, _ inputs: [ValueID?], attributes: AttributeList = [:], named name: String? = nil,
    domain: String = "", version: Int = 1, outputCount count: Int
  ) throws(InfoldError) -> [ValueID] {
    let captures = try captures(of: attributes)
    let domain = normalizedDomain(domain)
    let isOwn = domain.isEmpty
    if let present = imports.first(where: { $0.domain == domain }), !isOwn, present.version != version {
      throw InfoldError(
        .invalidArgument,
        "the model already imports version \(present.version) of the domain \(String(quoting: domain)), not version \(version)"
      )
    }
    let name = try take(name, or: opType.lowercased())
    let first = ValueID(index: graph.values.count)
    let outputs = (0..<count).map { ValueID(index: first.index + $0) }
    let node: Node
    do throws(InfoldError) {
      node = try Node(
        name: name, opType: opType, domain: domain, opsetVersion: isOwn ? opset : version, attributes: attributes,
        inputs: inputs, outputs: outputs, captures: captures, registry: operators)
      if case .opaque(let reason) = node.kind, !keepsOpaqueNodes {
        throw reason.atNode(Node.label(name: name, opType: opType, domain: domain, outputs: [name]))
      }
    } catch {
      forgetNames(from: nameLog.count - 1)
      throw error
    }
    for index in 0..<count { _ = graph.add(Value(name: index == 0 ? name : unusedName("\(name).\(index + 1)"))) }
    graph.add(node)
    if !isOwn, !imports.contains(where: { $0.domain == domain }) {
      imports.append(Model.OpsetImport(domain: domain, version: version))
    }
    return outputs
  }

  /// Returns the values of this graph that bodies in the attributes capture by name.
  private func captures(of attributes: AttributeList) throws(InfoldError) -> [ValueID] {
    var captures: [ValueID] = []
    for name in attributes.capturedNames {
      guard let id = graph.value(named: name) else {
        throw InfoldError(
          .invalidArgument, "undefined value: a body captures \(String(quoting: name)), which the graph does not define"
        )
      }
      captures.append(id)
    }
    return captures
  }

  /// Declares the type of a value that an opaque node defines.
  package mutating func claim(_ value: ValueID, _ type: TensorType) { graph[value].claim = type }

  /// Adds a graph output.
  /// - Parameters:
  ///   - value: The value to return.
  ///   - name: The name of the output, or `nil` to keep the value's own name.
  /// - Throws: `InfoldError.Code.invalidArgument` if `name` is empty or names another value.
  public mutating func output(_ value: ValueID, named name: String? = nil) throws(InfoldError) {
    var value = value
    // Inputs, constants and earlier outputs keep their names.
    if let name, name != graph[value].name {
      if graph.inputs.contains(value) || graph.outputs.contains(value) || graph[value].initializer != nil {
        value = try node("Identity", [value], named: name)
      } else {
        graph[value].name = try take(name)
      }
    }
    graph.outputs.append(value)
  }

  /// Returns the model, with inferred types.
  /// - Throws: `InfoldError`, with the node, if shapes or element types do not match.
  public consuming func model() throws(InfoldError) -> Model {
    var graph = graph
    try graph.sort()
    try graph.inferTypes()
    return Model(graph: graph, irVersion: Self.irVersion(opset: opset), opsetImports: imports)
  }

  private mutating func take(_ name: String) throws(InfoldError) -> String {
    guard !name.isEmpty else { throw InfoldError(.invalidArgument, "empty name") }
    guard names.take(name) else {
      throw InfoldError(.invalidArgument, "duplicate value name: \(String(quoting: name)) is already in use")
    }
    nameLog.append(name)
    return name
  }

  private mutating func take(_ name: String?, or base: String) throws(InfoldError) -> String {
    if let name { try take(name) } else { unusedName(base) }
  }

  private mutating func unusedName(_ base: String) -> String {
    let name = names.numbered(namePrefix + base, from: graph.nodes.count + 1)
    nameLog.append(name)
    return name
  }

  /// Runs `body`. If it fails, removes the values that it added and releases their names.
  package mutating func undoingFailures<Result>(
    _ body: (inout ModelBuilder) throws(InfoldError) -> Result
  ) throws(InfoldError) -> Result {
    let (valueCount, nameCount) = (graph.values.count, nameLog.count)
    do throws(InfoldError) {
      return try body(&self)
    } catch {
      graph.removeValues(from: valueCount)
      forgetNames(from: nameCount)
      throw error
    }
  }

  private mutating func forgetNames(from count: Int) {
    for name in nameLog[count...] { names.release(name) }
    nameLog.removeSubrange(count...)
  }

  /// Returns the oldest IR version that may import this version of the ONNX opset, but at least 8.
  private static func irVersion(opset: Int) -> Int {
    switch opset {
    case ...18: 8
    case ...20: 9
    case ...22: 10
    case 23: 11
    case 24: 12
    default: Model.supportedIRVersions.upperBound
    }
  }
}

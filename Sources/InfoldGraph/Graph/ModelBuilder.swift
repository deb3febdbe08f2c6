import InfoldSystem
import InfoldTensor

/// Builds a model in Swift: each call adds a node behind the others, and returns the value that it makes.
///
/// ```swift
/// var builder = ModelBuilder("edges")
/// let x = try builder.input("x", shape: ["N", 1, "H", "W"])
/// let edges = try builder.convolution(x, weight: Tensor(shape: [1, 1, 1, 3], [-1, 0, 1] as [Float]))
/// try builder.output(builder.relu(edges), named: "y")
/// let model = try builder.model()
/// ```
///
/// The model runs in a `Session`, and is saved by `Model.write(to:)` as ONNX that other runtimes read as well.
public struct ModelBuilder: Sendable {
  /// The network so far. Types are inferred by `model()`.
  public private(set) var graph: Graph

  /// Whether nodes are kept that Infold has no operator for, such as those on sequences, for which passes put others.
  package var keepsOpaqueNodes = false
  /// What the builder's own names begin with: those of a body must not stand around it.
  package var namePrefix = ""

  private let opset: Int
  private let operators: OperatorRegistry
  private var imports: [Model.OpsetImport]
  private var names = NameRegistry()
  /// The same in the order in which they were taken.
  private var nameLog: [String] = []

  /// A builder of an empty network.
  /// - Parameters:
  ///   - name: The graph's name.
  ///   - opset: The version of ONNX's own operators, at most `OperatorRegistry.newestOpset`.
  ///   - operators: What nodes may mean; `.standard.adding(…)` for operators of your own.
  public init(_ name: String = "", opset: Int = 17, operators: OperatorRegistry) {
    graph = Graph(name: name)
    self.opset = opset
    self.operators = operators
    imports = [Model.OpsetImport(version: opset)]
  }

  /// Adds what a caller of the model gives.
  /// - Parameters:
  ///   - name: What a caller calls it.
  ///   - shape: Sizes, and symbols for those that every run brings anew: `["N", 3, 224, 224]`.
  ///   - elementType: The type of its elements.
  /// - Throws: `InfoldError` with `.invalidArgument` for a name that is taken or empty.
  public mutating func input(
    _ name: String, shape: Shape, of elementType: ElementType = .float32
  ) throws(InfoldError) -> ValueID {
    graph.addInput(try take(name), TensorType(elementType, shape))
  }

  /// Adds a constant: weights, for instance.
  /// - Parameters:
  ///   - tensor: What it is.
  ///   - name: A name that is not taken; by default the builder's own.
  /// - Throws: `InfoldError` with `.invalidArgument` for a name that is taken or empty.
  public mutating func constant(_ tensor: Tensor, named name: String? = nil) throws(InfoldError) -> ValueID {
    graph.addConstant(try take(name, or: "constant"), tensor)
  }

  /// Adds a node with one output.
  /// - Parameters:
  ///   - opType: The operator, like `Conv`.
  ///   - inputs: In the operator's order; `nil` for an optional one that is left out.
  ///   - attributes: As the standard names them.
  ///   - name: The name of the node and of its output; by default the builder's own.
  ///   - domain: The operator's domain, for operators that are not ONNX's own.
  ///   - version: The version of that domain's operators.
  /// - Throws: As `nodes(_:_:attributes:named:domain:version:outputCount:)`.
  public mutating func node(
    _ opType: String, _ inputs: [ValueID?], attributes: AttributeList = [:], named name: String? = nil,
    domain: String = "", version: Int = 1
  ) throws(InfoldError) -> ValueID {
    try nodes(
      opType, inputs, attributes: attributes, named: name, domain: domain, version: version, outputCount: 1)[0]
  }

  /// Adds a node with several outputs.
  /// - Parameters:
  ///   - opType: The operator, like `Split`.
  ///   - inputs: In the operator's order; `nil` for an optional one that is left out.
  ///   - attributes: As the standard names them. Bodies of If and Loop may use values of the network, their captures, by name.
  ///   - name: The name of the node and of its first output; by default the builder's own.
  ///   - domain: The operator's domain, for operators that are not ONNX's own.
  ///   - version: The version of that domain's operators. ONNX's own have the builder's.
  ///   - count: The number of outputs.
  /// - Returns: The outputs.
  /// - Throws: `InfoldError`: `.invalidModel` when attributes, or the number of inputs and outputs, break the operator's
  ///   definition; `.unsupported` for what Infold does not have; `.invalidArgument` for a name that is taken or empty, or one
  ///   that a body uses and nobody has.
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
        "version \(version) of the domain \(String(quoting: domain)) is asked for, and the model has version \(present.version)"
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

  /// The values of the network that bodies in these attributes use by their names.
  private func captures(of attributes: AttributeList) throws(InfoldError) -> [ValueID] {
    var captures: [ValueID] = []
    for name in attributes.capturedNames {
      guard let id = graph.value(named: name) else {
        throw InfoldError(
          .invalidArgument, "a body uses the value \(String(quoting: name)), which the network does not have")
      }
      captures.append(id)
    }
    return captures
  }

  /// Says what a node makes that is kept as an opaque one.
  package mutating func claim(_ value: ValueID, _ type: TensorType) { graph[value].claim = type }

  /// Has the model return a value.
  /// - Parameters:
  ///   - value: The value.
  ///   - name: What a caller finds it by; by default the value's own name.
  /// - Throws: `InfoldError` with `.invalidArgument` for a name that another value has, or an empty one.
  public mutating func output(_ value: ValueID, named name: String? = nil) throws(InfoldError) {
    var value = value
    // The name of an input or of an earlier output stays what it is.
    if let name, name != graph[value].name {
      if graph.inputs.contains(value) || graph.outputs.contains(value) || graph[value].initializer != nil {
        value = try node("Identity", [value], named: name)
      } else {
        graph[value].name = try take(name)
      }
    }
    graph.outputs.append(value)
  }

  /// The model, its types inferred.
  /// - Throws: `InfoldError`, naming the node, where shapes or element types do not fit together.
  public consuming func model() throws(InfoldError) -> Model {
    var graph = graph
    try graph.sort()
    try graph.inferTypes()
    return Model(graph: graph, irVersion: Self.irVersion(opset: opset), opsetImports: imports)
  }

  private mutating func take(_ name: String) throws(InfoldError) -> String {
    guard !name.isEmpty else { throw InfoldError(.invalidArgument, "a name is empty") }
    guard names.take(name) else {
      throw InfoldError(.invalidArgument, "the name \(String(quoting: name)) is taken")
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

  /// Runs `body`; when it fails, what it has added is gone, so that the same names can be given again.
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

  /// The oldest version of the file format that may import this version of ONNX's own operators, but at least 8.
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

import COnnx
import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Decodes a GraphProto message.
///
/// Values are created when their names first occur, wherever they are defined. `Graph.sort()`
/// finally checks that each is defined exactly once.
struct GraphDecoder {
  let context: DecodingContext
  private let isSubgraph: Bool
  var graph: Graph
  private var ids: [String: ValueID] = [:]

  /// Decodes `message`.
  /// - Parameter isSubgraph: Whether undefined names refer to an outer graph.
  /// - Throws: `InfoldError`, with the node if there is one.
  static func decode(
    _ message: UnsafeMutablePointer<Onnx__GraphProto>, _ context: DecodingContext, isSubgraph: Bool
  ) throws(InfoldError) -> Graph {
    var decoder = GraphDecoder(name: message.pointee.name.text, context, isSubgraph: isSubgraph)
    try decoder.decode(message.pointee)
    return decoder.graph
  }

  init(name: String, _ context: DecodingContext, isSubgraph: Bool) {
    self.context = context
    self.isSubgraph = isSubgraph
    graph = Graph(name: name)
    graph.declaredShapes = context.declaredShapes
    graph.keepsFaultyNodes = context.faults != nil
  }

  private mutating func decode(_ message: Onnx__GraphProto) throws(InfoldError) {
    let inputs = try decodeInputs(message)
    try decodeInitializers(message)
    try decodeNodes(messages(message.node, message.n_node))
    let kept = try decodeOutputs(message)
    let keptInformation = try decodeValueInformation(message)
    listInputs(inputs)
    if isSubgraph { findCaptures() }
    try graph.sort()
    graph.unmodeledFields = message.unmodeledFields(outputs: kept, valueInformation: keptInformation)
  }

  /// The value with this name, created if necessary.
  mutating func value(named name: String) -> ValueID {
    if let id = ids[name] { return id }
    let id = graph.add(Value(name: name))
    ids[name] = id
    return id
  }
}

// MARK: Inputs, outputs and declarations

extension GraphDecoder {
  private typealias Declaration = UnsafeMutablePointer<Onnx__ValueInfoProto>

  private mutating func decodeInputs(_ message: Onnx__GraphProto) throws(InfoldError) -> [ValueID] {
    var inputs: [ValueID] = []
    for input in messages(message.input, message.n_input) {
      let name = input.pointee.name.text
      guard !name.isEmpty else { throw InfoldError(.invalidModel, "a graph input has no name") }
      guard ids[name] == nil else {
        throw InfoldError(.invalidModel, "duplicate name of a graph input: \(String(quoting: name))")
      }
      let id = value(named: name)
      try declare(id, input, isInput: true)
      inputs.append(id)
    }
    return inputs
  }

  /// - Returns: The declarations of outputs whose values have another declaration already.
  private mutating func decodeOutputs(_ message: Onnx__GraphProto) throws(InfoldError) -> [Declaration] {
    var outputs: [ValueID] = []
    var kept: [Declaration] = []
    for output in messages(message.output, message.n_output) {
      let name = output.pointee.name.text
      guard !name.isEmpty else { throw InfoldError(.invalidModel, "a graph output has no name") }
      let id = value(named: name)
      if try !declare(id, output) { kept.append(output) }
      outputs.append(id)
    }
    graph.outputs = outputs
    return kept
  }

  /// - Returns: The declarations of unknown values, and of values that have another declaration.
  private mutating func decodeValueInformation(_ message: Onnx__GraphProto) throws(InfoldError) -> [Declaration] {
    var kept: [Declaration] = []
    for information in messages(message.value_info, message.n_value_info) {
      if let id = ids[information.pointee.name.text], try declare(id, information) { continue }
      kept.append(information)
    }
    return kept
  }

  /// Records the declaration of a value.
  /// - Returns: Whether this is the first declaration of the value.
  @discardableResult
  private mutating func declare(
    _ id: ValueID, _ message: Declaration, isInput: Bool = false
  ) throws(InfoldError) -> Bool {
    let name = graph[id].name
    let type = try describing("the value \(String(quoting: name))") { () throws(InfoldError) in
      try message.pointee.type?.pointee.decodedTensorType()
    }
    if let type, let known = graph[id].type, graph[id].initializer != nil, !type.admits(known) {
      guard context.declaredShapes == .advisory else { throw contradiction(name, declared: type, known) }
      graph[id].isMisdeclared = true
      context.warnings.add([
        ModelWarning(
          type.elementType == known.elementType ? .declaredShape : .declaredType,
          "the initializer \(String(quoting: name)) is \(known), but the graph declares \(type); the declaration is ignored",
          value: name)
      ])
    }
    guard graph[id].declaration.isEmpty else { return false }
    graph[id].declaration = message.pointee.serialized()
    if isInput || graph[id].initializer != nil || context.declaredShapes == .binding {
      graph[id].type = graph[id].type ?? type
    } else {
      graph[id].claim = type
    }
    return true
  }

  private func contradiction(_ name: String, declared: TensorType, _ actual: TensorType) -> InfoldError {
    InfoldError(
      .invalidModel, "the initializer \(String(quoting: name)) is \(actual), but the graph declares it as \(declared)")
  }

  /// Below IR version 4, initializers must be listed as inputs, but are constants nevertheless.
  private mutating func listInputs(_ inputs: [ValueID]) {
    guard context.irVersion < 4 else {
      graph.inputs = inputs
      return
    }
    graph.inputs = inputs.filter { graph[$0].initializer == nil }
    graph.listedConstants = inputs.filter { graph[$0].initializer != nil }
  }

  /// Names that this graph uses but does not define are captured from an outer graph.
  private mutating func findCaptures() {
    var isDefined = graph.values.map { $0.initializer != nil }
    for id in graph.inputs { isDefined[id.index] = true }
    for node in graph.nodes {
      for output in node.definitions { isDefined[output.index] = true }
    }
    graph.captures = graph.valueIDs.filter { !isDefined[$0.index] }
  }
}

// MARK: Initializers

extension GraphDecoder {
  private mutating func decodeInitializers(_ message: Onnx__GraphProto) throws(InfoldError) {
    let decoder = context.tensors, keepsUnread = context.faults != nil
    for tensor in messages(message.initializer, message.n_initializer) {
      try addInitializer(tensor.pointee.name.text) { () throws(InfoldError) in
        try decoder.decodeInitializer(tensor, keepsUnread: keepsUnread)
      }
    }
    for tensor in messages(message.sparse_initializer, message.n_sparse_initializer) {
      try addInitializer(tensor.pointee.values?.pointee.name.text ?? "") { () throws(InfoldError) in
        try decoder.decodeSparse(tensor.pointee)
      }
    }
  }

  private mutating func addInitializer(
    _ name: String, _ decode: () throws(InfoldError) -> (Initializer, TensorType)
  ) throws(InfoldError) {
    guard !name.isEmpty else { throw InfoldError(.invalidModel, "an initializer has no name") }
    let id = value(named: name)
    guard graph[id].initializer == nil else {
      throw InfoldError(.invalidModel, "duplicate name of an initializer: \(String(quoting: name))")
    }
    let (initializer, type) = try describing("the initializer \(String(quoting: name))", decode)
    let declared = graph[id].type
    let isAdmitted = declared?.admits(type) != false
    if let declared, !isAdmitted { try context.faults.note(contradiction(name, declared: declared, type)) }
    graph[id].initializer = initializer
    if case .unread(_, var reason) = initializer.content {
      reason.reason = "the initializer \(String(quoting: name)): \(reason.reason)"
      context.faults?.add(reason)
    }
    // So far, only inputs have been declared. A default value that callers may override does not
    // narrow their type.
    graph[id].type = context.irVersion >= 4 && isAdmitted ? declared ?? type : type
  }
}

// MARK: Nodes

extension GraphDecoder {
  mutating func decodeNodes(
    _ nodes: some Collection<UnsafeMutablePointer<Onnx__NodeProto>>
  ) throws(InfoldError) {
    for node in nodes {
      graph.add(
        try annotatingErrors({ $0.atNode(node.pointee.label) }) { () throws(InfoldError) in
          try decodeNode(node.pointee)
        })
    }
  }

  private mutating func decodeNode(_ message: Onnx__NodeProto) throws(InfoldError) -> Node {
    let inputs = elements(message.input, message.n_input).map { optionalValue(named: $0.text) }
    let outputs = elements(message.output, message.n_output).map { optionalValue(named: $0.text) }
    var node: Node
    do throws(InfoldError) {
      node = try self.node(message, inputs: inputs, outputs: outputs)
    } catch {
      guard context.faults != nil, error.isFaultOfModel else { throw error }
      node = faulty(message, inputs: inputs, outputs: outputs, error)
    }
    node.unmodeledFields = message.unmodeledFields()
    return node
  }

  /// A faulty node of a model that is only inspected. It cannot be run.
  private func faulty(
    _ message: Onnx__NodeProto, inputs: [ValueID?], outputs: [ValueID?], _ reason: InfoldError
  ) -> Node {
    let domain = normalizedDomain(message.domain.text)
    return Node(
      name: message.name.text, opType: message.op_type.text, domain: domain,
      opsetVersion: context.opsetVersions[domain] ?? 0, inputs: inputs, outputs: outputs, refusedFor: reason)
  }

  private mutating func node(
    _ message: Onnx__NodeProto, inputs: [ValueID?], outputs: [ValueID?]
  ) throws(InfoldError) -> Node {
    let opType = message.op_type.text
    guard !opType.isEmpty else { throw InfoldError(.invalidModel, "the node has no operator type") }
    let domain = normalizedDomain(message.domain.text)
    guard let opsetVersion = context.opsetVersions[domain] else {
      let name = domain.isEmpty ? "an opset of ONNX's own domain" : "an opset of the domain \(String(quoting: domain))"
      throw InfoldError(.invalidModel, "missing opset import: the node needs \(name)")
    }
    let attributes = try AttributeDecoder(context: context).decode(messages(message.attribute, message.n_attribute))
    let captures = captures(of: attributes)
    let function = context.functions[FunctionName(domain: domain, name: opType, overload: message.overload.text)]
    guard let function else {
      return try Node(
        name: message.name.text, opType: opType, domain: domain, opsetVersion: opsetVersion, attributes: attributes,
        inputs: inputs, outputs: outputs, captures: captures, registry: context.operators)
    }
    return try Node(
      name: message.name.text, opType: opType, domain: domain, opsetVersion: opsetVersion, attributes: attributes,
      inputs: inputs, outputs: outputs, captures: captures,
      calling: try FunctionDecoder(context: context).body(of: function, attributes))
  }

  private mutating func optionalValue(named name: String) -> ValueID? {
    name.isEmpty ? nil : value(named: name)
  }

  /// The values of this graph that are captured by subgraphs in `attributes`.
  private mutating func captures(of attributes: AttributeList) -> [ValueID] {
    attributes.capturedNames.map { value(named: $0) }
  }
}

// MARK: Unmodeled fields

extension Onnx__NodeProto {
  /// The name of the node in error messages.
  fileprivate var label: String {
    Node.label(
      name: name.text, opType: op_type.text, domain: normalizedDomain(domain.text),
      outputs: elements(output, n_output).map(\.text), inputs: elements(input, n_input).map(\.text))
  }

  fileprivate func unmodeledFields() -> [UInt8] {
    serialized { message in
      message.n_input = 0
      message.n_output = 0
      message.has_name = 0
      message.has_op_type = 0
      message.has_domain = 0
      message.n_attribute = 0
    }
  }
}

extension Onnx__GraphProto {
  fileprivate func unmodeledFields(
    outputs: [UnsafeMutablePointer<Onnx__ValueInfoProto>],
    valueInformation: [UnsafeMutablePointer<Onnx__ValueInfoProto>]
  ) -> [UInt8] {
    var outputs = outputs.map(Optional.some)
    var valueInformation = valueInformation.map(Optional.some)
    return outputs.withUnsafeMutableBufferPointer { outputs in
      valueInformation.withUnsafeMutableBufferPointer { valueInformation in
        serialized { message in
          message.has_name = 0
          message.n_node = 0
          message.n_initializer = 0
          message.n_sparse_initializer = 0
          message.n_input = 0
          (message.n_output, message.output) = (outputs.count, outputs.baseAddress)
          (message.n_value_info, message.value_info) = (valueInformation.count, valueInformation.baseAddress)
        }
      }
    }
  }
}

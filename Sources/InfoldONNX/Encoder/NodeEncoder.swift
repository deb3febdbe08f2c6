import COnnx
import InfoldGraph
import InfoldSystem

extension MessageArena {
  /// Encodes `node` of `graph` as a message.
  /// - Throws: `InfoldError` with `.invalidModel` if a value that the node's subgraphs capture has
  ///   been renamed.
  func encode(_ node: Node, of graph: Graph) throws(InfoldError) -> Onnx__NodeProto {
    guard node.captures.map({ graph[$0].name }) == node.attributes.capturedNames else {
      throw InfoldError(
        .invalidModel, "the node's subgraphs capture values that have been renamed", node: graph.label(of: node)
      )
    }
    var message: Onnx__NodeProto = try message(from: node.unmodeledFields)
    message.has_name = node.name.isEmpty ? 0 : 1
    message.name = text(node.name)
    message.has_op_type = 1
    message.op_type = text(node.opType)
    message.has_domain = node.domain.isEmpty ? 0 : 1
    message.domain = text(node.domain)
    message.n_input = node.inputs.count
    message.input = names(node.inputs, of: graph)
    message.n_output = node.outputs.count
    message.output = names(node.outputs, of: graph)
    var attributes: [Onnx__AttributeProto] = []
    for entry in node.attributes.entries { attributes.append(try encode(entry)) }
    message.n_attribute = attributes.count
    message.attribute = list(attributes)
    return message
  }

  /// An omitted value has an empty name.
  private func names(_ ids: [ValueID?], of graph: Graph) -> UnsafeMutablePointer<ProtobufCBinaryData>? {
    place(ids.map { id in text(id.map { graph[$0].name } ?? "") })
  }

  private func encode(_ entry: AttributeList.Entry) throws(InfoldError) -> Onnx__AttributeProto {
    if case .message(let bytes) = entry.value { return try message(from: bytes) }
    var message: Onnx__AttributeProto = try message(from: entry.unmodeledFields)
    message.has_name = 1
    message.name = text(entry.name)
    message.has_type = 1
    try set(entry.value, in: &message)
    return message
  }

  private func set(_ value: Attribute, in message: inout Onnx__AttributeProto) throws(InfoldError) {
    switch value {
    case .int(let number):
      message.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT
      (message.has_i, message.i) = (1, number)
    case .float(let number):
      message.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT
      (message.has_f, message.f) = (1, number)
    case .string(let bytes):
      message.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING
      (message.has_s, message.s) = (1, data(bytes))
    case .tensor(let tensor):
      message.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR
      message.t = place(encode(tensor, onto: message.t?.pointee ?? .empty))
    case .graph(let graph):
      message.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH
      message.g = place(try encode(graph))
    case .ints(let numbers):
      message.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS
      (message.n_ints, message.ints) = (numbers.count, place(numbers))
    case .floats(let numbers):
      message.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS
      (message.n_floats, message.floats) = (numbers.count, place(numbers))
    case .strings(let strings):
      message.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS
      (message.n_strings, message.strings) = (strings.count, place(strings.map { data($0) }))
    case .graphs(let graphs):
      message.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPHS
      var messages: [Onnx__GraphProto] = []
      for graph in graphs { messages.append(try encode(graph)) }
      (message.n_graphs, message.graphs) = (messages.count, list(messages))
    case .message:
      preconditionFailure("an attribute that is kept as its message has no value to set")
    }
  }
}

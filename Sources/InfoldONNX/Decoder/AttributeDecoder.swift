import COnnx
import InfoldGraph
import InfoldSystem

/// Decodes AttributeProto messages.
struct AttributeDecoder {
  let context: DecodingContext

  /// Decodes the attributes of a node.
  /// - Throws: `InfoldError` with `.invalidModel` or `.malformedData`, and the name of the
  ///   attribute.
  func decode(
    _ messages: some Collection<UnsafeMutablePointer<Onnx__AttributeProto>>
  ) throws(InfoldError) -> AttributeList {
    var entries: [AttributeList.Entry] = []
    entries.reserveCapacity(messages.count)
    for message in messages {
      let name = message.pointee.name.text
      guard !name.isEmpty else { throw InfoldError(.invalidModel, "an attribute has no name") }
      let entry = try describing("the attribute \(String(quoting: name))") { () throws(InfoldError) in
        try message.pointee.ref_attr_name.isEmpty ? decode(message, name) : resolve(message.pointee, name)
      }
      if let entry { entries.append(entry) }
    }
    return try AttributeList(entries)
  }

  private func decode(
    _ message: UnsafeMutablePointer<Onnx__AttributeProto>, _ name: String
  ) throws(InfoldError) -> AttributeList.Entry {
    guard message.pointee.type != ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__UNDEFINED else {
      throw InfoldError(.malformedData, "has no type")
    }
    try message.pointee.requireNoOtherValue()
    guard let value = try value(of: message) else {
      return AttributeList.Entry(name: name, value: .message(message.pointee.serialized()))
    }
    return AttributeList.Entry(name: name, value: value, unmodeledFields: message.pointee.unmodeledFields())
  }

  /// The attribute of the enclosing function that `message` refers to, or `nil` if the call omits
  /// it.
  private func resolve(_ message: Onnx__AttributeProto, _ name: String) throws(InfoldError) -> AttributeList.Entry? {
    guard let call = context.call else {
      throw InfoldError(.invalidModel, "refers to a function attribute outside a function")
    }
    return try call.attribute(message.ref_attr_name.text).map { AttributeList.Entry(name: name, value: $0) }
  }

  /// The value, or `nil` for kinds that are kept as messages.
  private func value(of message: UnsafeMutablePointer<Onnx__AttributeProto>) throws(InfoldError) -> Attribute? {
    let tensors = context.tensors
    let fields = message.pointee
    switch fields.type {
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT: return .float(fields.f)
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT: return .int(fields.i)
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING: return .string(Array(fields.s.bytes))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS: return .floats(Array(elements(fields.floats, fields.n_floats)))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS: return .ints(Array(elements(fields.ints, fields.n_ints)))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS:
      return .strings(elements(fields.strings, fields.n_strings).map { Array($0.bytes) })
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR:
      let tensor = try require(fields.t)
      let layout = try TensorLayout(tensor.pointee)
      return layout.elementType == .string ? nil : .tensor(try tensors.decode(tensor, layout))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH:
      return .graph(try subgraph(require(fields.g)))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPHS:
      var graphs: [Graph] = []
      for graph in messages(fields.graphs, fields.n_graphs) { graphs.append(try subgraph(graph)) }
      return .graphs(graphs)
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSORS:
      for tensor in messages(fields.tensors, fields.n_tensors) { _ = try tensors.checkKept(tensor.pointee) }
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSOR:
      try tensors.checkSparse(require(fields.sparse_tensor).pointee)
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSORS:
      for tensor in messages(fields.sparse_tensors, fields.n_sparse_tensors) { try tensors.checkSparse(tensor.pointee) }
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTO:
      _ = try require(fields.tp).pointee.decodedTensorType()
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTOS:
      for type in messages(fields.type_protos, fields.n_type_protos) { _ = try type.pointee.decodedTensorType() }
    case let unknown:
      throw InfoldError(.malformedData, "the attribute type \(unknown.rawValue) is unknown")
    }
    return nil
  }

  private func require<Content>(
    _ content: UnsafeMutablePointer<Content>?
  ) throws(InfoldError) -> UnsafeMutablePointer<Content> {
    guard let content else { throw InfoldError(.malformedData, "has no value") }
    return content
  }

  private func subgraph(_ message: UnsafeMutablePointer<Onnx__GraphProto>) throws(InfoldError) -> Graph {
    try GraphDecoder.decode(message, context, isSubgraph: true)
  }
}

extension Onnx__AttributeProto {
  /// Throws if a value is present other than the one of the attribute's type.
  fileprivate func requireNoOtherValue() throws(InfoldError) {
    let given: [(field: String, type: Onnx__AttributeProto__AttributeType, isGiven: Bool)] = [
      ("f", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT, has_f != 0),
      ("i", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT, has_i != 0),
      ("s", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING, has_s != 0),
      ("t", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR, t != nil),
      ("g", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH, g != nil),
      ("sparse_tensor", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSOR, sparse_tensor != nil),
      ("tp", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTO, tp != nil),
      ("floats", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS, n_floats > 0),
      ("ints", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS, n_ints > 0),
      ("strings", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS, n_strings > 0),
      ("tensors", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSORS, n_tensors > 0),
      ("graphs", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPHS, n_graphs > 0),
      ("sparse_tensors", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSORS, n_sparse_tensors > 0),
      ("type_protos", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTOS, n_type_protos > 0),
    ]
    if let other = given.first(where: { $0.isGiven && $0.type != type }) {
      throw InfoldError(
        .malformedData, "has the field \(other.field), which does not belong to the attribute type \(type.rawValue)")
    }
  }

  /// The serialized message without name, type and value. For a tensor, fields other than shape,
  /// type and data are kept.
  fileprivate func unmodeledFields() -> [UInt8] {
    var tensor = t?.pointee ?? .empty
    tensor.clearModelled()
    return withUnsafeMutablePointer(to: &tensor) { tensor in
      serialized { message in
        message.has_name = 0
        message.has_type = 0
        message.has_f = 0
        message.has_i = 0
        message.has_s = 0
        message.g = nil
        message.n_floats = 0
        message.n_ints = 0
        message.n_strings = 0
        message.n_graphs = 0
        if message.t != nil { message.t = tensor }
      }
    }
  }
}

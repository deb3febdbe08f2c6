import COnnx
import InfoldGraph
import InfoldSystem

extension MessageArena {
  /// Encodes `graph` as a message, with its nodes in topological order.
  func encode(_ graph: Graph) throws(InfoldError) -> Onnx__GraphProto {
    var message: Onnx__GraphProto = try message(from: graph.unmodeledFields)
    message.has_name = graph.name.isEmpty ? 0 : 1
    message.name = text(graph.name)
    var nodes: [Onnx__NodeProto] = []
    for node in graph.nodes { nodes.append(try encode(node, of: graph)) }
    (message.n_node, message.node) = (nodes.count, list(nodes))
    try setInitializers(of: graph, in: &message)
    let inputs = try declarations(of: graph.listedInputs, in: graph)
    (message.n_input, message.input) = (inputs.count, list(inputs))
    let outputs = try outputs(of: graph, keptIn: message)
    (message.n_output, message.output) = (outputs.count, list(outputs))
    let information = try valueInformation(of: graph, keptIn: message)
    (message.n_value_info, message.value_info) = (information.count, list(information))
    return message
  }

  private func declarations(of ids: [ValueID], in graph: Graph) throws(InfoldError) -> [Onnx__ValueInfoProto] {
    var messages: [Onnx__ValueInfoProto] = []
    for id in ids { messages.append(try declaration(of: graph[id])) }
    return messages
  }

  private func setInitializers(of graph: Graph, in message: inout Onnx__GraphProto) throws(InfoldError) {
    var dense: [Onnx__TensorProto] = []
    var sparse: [Onnx__SparseTensorProto] = []
    for value in graph.values {
      guard let initializer = value.initializer else { continue }
      switch initializer.content {
      case .tensor(let tensor):
        dense.append(encode(tensor, onto: try self.message(from: initializer.unmodeledFields)))
        dense[dense.count - 1].setName(value.name, in: self)
      case .strings(let bytes), .unread(let bytes, _):
        dense.append(try self.message(from: bytes))
        dense[dense.count - 1].setName(value.name, in: self)
      case .sparse(let bytes):
        sparse.append(try encodeSparse(bytes, named: value.name))
      }
    }
    (message.n_initializer, message.initializer) = (dense.count, list(dense))
    (message.n_sparse_initializer, message.sparse_initializer) = (sparse.count, list(sparse))
  }

  /// A sparse tensor takes the name of its values.
  private func encodeSparse(_ bytes: [UInt8], named name: String) throws(InfoldError) -> Onnx__SparseTensorProto {
    var message: Onnx__SparseTensorProto = try message(from: bytes)
    var values = message.values?.pointee ?? .empty
    values.setName(name, in: self)
    message.values = place(values)
    return message
  }

  /// A value that is also an input, or an output twice, has a second declaration, which the
  /// unmodeled fields keep. It is written unless the value has become a constant that contradicts
  /// it.
  private func outputs(
    of graph: Graph, keptIn unmodeledFields: Onnx__GraphProto
  ) throws(InfoldError) -> [Onnx__ValueInfoProto] {
    var kept: [String: [Onnx__ValueInfoProto]] = [:]
    for output in messages(unmodeledFields.output, unmodeledFields.n_output).reversed() {
      kept[output.pointee.name.text, default: []].append(output.pointee)
    }
    var declared = Set(graph.listedInputs)
    var messages: [Onnx__ValueInfoProto] = []
    for id in graph.outputs {
      if !declared.insert(id).inserted, let own = kept[graph[id].name]?.popLast(), try own.admits(graph[id]) {
        messages.append(own)
      } else {
        messages.append(try declaration(of: graph[id]))
      }
    }
    return messages
  }

  /// The declarations of inner values, further declarations of values, and declarations of unknown
  /// values. A declaration that contradicts a constant is omitted, since the decoder would reject
  /// it: a pass may have turned the value into a constant.
  private func valueInformation(
    of graph: Graph, keptIn unmodeledFields: Onnx__GraphProto
  ) throws(InfoldError) -> [Onnx__ValueInfoProto] {
    let declaredElsewhere = Set(graph.listedInputs + graph.outputs)
    let captures = Set(graph.captures)
    let inner = graph.valueIDs.filter { id in
      !graph[id].declaration.isEmpty && !declaredElsewhere.contains(id)
        && (graph.index.producer(of: id) != nil || graph[id].initializer != nil || captures.contains(id))
    }
    let further = messages(unmodeledFields.value_info, unmodeledFields.n_value_info).map(\.pointee)
    let names = Set(further.map(\.name.text))
    let constants = graph.values.filter { ($0.initializer != nil || $0.isMisdeclared) && names.contains($0.name) }
    let named = Dictionary(constants.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var information = try declarations(of: inner, in: graph)
    for declaration in further {
      if let constant = named[declaration.name.text], try !declaration.admits(constant) { continue }
      information.append(declaration)
    }
    return information
  }
}

extension Graph {
  /// The inputs listed in the file. Below IR version 4, they include the constants at their former
  /// positions.
  fileprivate var listedInputs: [ValueID] {
    let all = inputs + listedConstants
    return inputs == inputs.sorted() ? all.sorted() : all
  }
}

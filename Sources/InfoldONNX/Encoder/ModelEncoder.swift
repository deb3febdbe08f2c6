import COnnx
import InfoldGraph
import InfoldSystem

extension MessageArena {
  /// Encodes `model` as a message.
  /// - Throws: `InfoldError` with `.unsupported` if functions or training graphs, which are written
  ///   unchanged, have external data.
  func encode(_ model: Model) throws(InfoldError) -> Onnx__ModelProto {
    var message: Onnx__ModelProto = try message(from: model.unmodeledFields)
    guard !message.holdsExternalData else {
      throw InfoldError(
        .unsupported, "the model's functions or training graphs have external data, so it cannot be written",
        hint: "embed that data in the model's file first")
    }
    if model.dropsUncalledFunctions { dropUncalledFunctions(of: model.graph, from: &message) }
    message.has_ir_version = 1
    message.ir_version = Int64(model.irVersion)
    (message.has_producer_name, message.producer_name) = optional(model.producerName)
    (message.has_producer_version, message.producer_version) = optional(model.producerVersion)
    (message.has_doc_string, message.doc_string) = optional(model.documentation)
    let imports = opsetImports(of: model, keptIn: message)
    (message.n_opset_import, message.opset_import) = (imports.count, list(imports))
    let metadata = metadata(of: model, keptIn: message)
    (message.n_metadata_props, message.metadata_props) = (metadata.count, list(metadata))
    message.graph = place(try encode(model.graph))
    return message
  }

  /// Omits functions that are not called from the graph, directly or indirectly, by domain and
  /// name.
  private func dropUncalledFunctions(of graph: Graph, from message: inout Onnx__ModelProto) {
    let functions = messages(message.functions, message.n_functions).map(\.pointee)
    func name(_ domain: String, _ name: String) -> [String] { [normalizedDomain(domain), name] }
    var called: Set<[String]> = []
    var open = [graph]
    while let graph = open.popLast() {
      for node in graph.nodes {
        called.insert(name(node.domain, node.opType))
        if let body = node.body { open.append(body) }
        for entry in node.attributes.entries {
          switch entry.value {
          case .graph(let body): open.append(body)
          case .graphs(let bodies): open += bodies
          default: break
          }
        }
      }
    }
    let kept = functions.filter { called.contains(name($0.domain.text, $0.name.text)) }
    (message.n_functions, message.functions) = (kept.count, list(kept))
  }

  private func optional(_ text: String) -> (protobuf_c_boolean, ProtobufCBinaryData) {
    (text.isEmpty ? 0 : 1, self.text(text))
  }

  /// The opset imports. Each keeps the other fields of the entry for its domain.
  private func opsetImports(of model: Model, keptIn unmodeledFields: Onnx__ModelProto) -> [Onnx__OperatorSetIdProto] {
    let kept = messages(unmodeledFields.opset_import, unmodeledFields.n_opset_import).map(\.pointee)
    return model.opsetImports.map { entry in
      var message = kept.first { $0.domain.text == entry.domain } ?? .empty
      (message.has_domain, message.domain) = (1, text(entry.domain))
      (message.has_version, message.version) = (1, Int64(entry.version))
      return message
    }
  }

  /// The metadata. Each keeps the other fields of the entry at its position or with its key.
  private func metadata(of model: Model, keptIn unmodeledFields: Onnx__ModelProto) -> [Onnx__StringStringEntryProto] {
    let kept = messages(unmodeledFields.metadata_props, unmodeledFields.n_metadata_props).map(\.pointee)
    return model.metadata.enumerated().map { index, entry in
      let inPlace = kept.indices.contains(index) && kept[index].key.text == entry.key ? kept[index] : nil
      var message = inPlace ?? kept.first { $0.key.text == entry.key } ?? .empty
      (message.has_key, message.key) = (1, text(entry.key))
      (message.has_value, message.value) = (1, text(entry.value))
      return message
    }
  }
}

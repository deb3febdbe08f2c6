import COnnx
import InfoldGraph
import InfoldSystem

/// Makes a model of a ModelProto message.
struct ModelDecoder {
  /// The bytes that the model is unpacked from.
  let bytes: RetainedBytes
  let externalData: ExternalDataFolder?
  let operators: OperatorRegistry
  let declaredShapes: DeclaredShapes
  /// Where the faults of a model are noted that is only to be looked at; `nil` where they are errors.
  var faults: FaultCollector?

  /// The model that `message` is, with the types of its values inferred.
  /// - Throws: `InfoldError` with `.invalidModel` or `.malformedData`.
  func decode(_ unpacked: borrowing UnpackedModel) throws(InfoldError) -> Model {
    let message = unpacked.content
    let irVersion = try irVersion(of: message)
    let imports = try opsetImports(messages(message.opset_import, message.n_opset_import), of: "model", noting: faults)
    guard let graph = message.graph else { throw InfoldError(.invalidModel, "the model has no graph") }
    let context = DecodingContext(
      irVersion: irVersion,
      opsetVersions: imports.versions, operators: operators,
      functions: try ModelFunctions(message), bytes: bytes,
      declaredShapes: declaredShapes, warnings: WarningCollector(), faults: faults, externalData: externalData)
    var decoded = try GraphDecoder.decode(graph, context, isSubgraph: false)
    let warnings = try decoded.inferTypes()
    var model = Model(graph: decoded, irVersion: irVersion, opsetImports: imports)
    model.add(context.warnings.drained() + warnings)
    model.faults = faults?.found ?? []
    model.producerName = message.producer_name.text
    model.producerVersion = message.producer_version.text
    model.documentation = message.doc_string.text
    model.metadata = messages(message.metadata_props, message.n_metadata_props).map {
      (key: $0.pointee.key.text, value: $0.pointee.value.text)
    }
    model.unmodeledFields = message.unmodeledFields()
    return model
  }

  private func irVersion(of message: Onnx__ModelProto) throws(InfoldError) -> Int {
    guard message.has_ir_version != 0 else {
      throw InfoldError(.malformedData, "this is no ONNX model: it has no IR version")
    }
    let supported = Model.supportedIRVersions
    if !supported.contains(Int(message.ir_version)) {
      try faults.note(
        InfoldError(
          .unsupported,
          "the model has IR version \(message.ir_version); supported are \(supported.lowerBound) to \(supported.upperBound)"
        ))
    }
    return Int(message.ir_version)
  }
}

/// The operator sets that the model, or a function, imports. One that is imported again in the same version counts once.
/// - Parameter faults: Where it is noted that a set is imported in two versions, of which the first counts then, or in none.
/// - Throws: `InfoldError` with `.invalidModel`.
func opsetImports(
  _ entries: some Collection<UnsafeMutablePointer<Onnx__OperatorSetIdProto>>, of importer: String,
  noting faults: FaultCollector? = nil
) throws(InfoldError) -> [Model.OpsetImport] {
  var versions: [String: Int64] = [:]
  var imports: [Model.OpsetImport] = []
  for entry in entries {
    let domain = entry.pointee.domain.text
    let key = normalizedDomain(domain), name = String(quoting: key.isEmpty ? "ai.onnx" : key)
    if let earlier = versions[key] {
      guard earlier != entry.pointee.version else { continue }
      try faults.note(
        InfoldError(
          .invalidModel,
          "the operator set \(name) is imported in two versions, \(earlier) and \(entry.pointee.version)",
          hint: "remove the import that the model was not exported with"))
      continue
    }
    guard entry.pointee.version >= 1 else {
      throw InfoldError(
        .invalidModel, "the operator set \(name) is imported in version \(entry.pointee.version)")
    }
    versions[key] = entry.pointee.version
    imports.append(Model.OpsetImport(domain: domain, version: Int(entry.pointee.version)))
  }
  if imports.isEmpty { try faults.note(InfoldError(.invalidModel, "the \(importer) imports no operator set")) }
  return imports
}

extension [Model.OpsetImport] {
  /// The version of each domain; the empty one is ONNX's own.
  var versions: [String: Int] {
    Dictionary(uniqueKeysWithValues: map { (normalizedDomain($0.domain), $0.version) })
  }
}

extension Onnx__ModelProto {
  /// The serialized message without what `Model` has. Imports and metadata stay, with whatever else they hold.
  fileprivate func unmodeledFields() -> [UInt8] {
    serialized { message in
      message.has_ir_version = 0
      message.has_producer_name = 0
      message.has_producer_version = 0
      message.has_doc_string = 0
      message.graph = nil
    }
  }
}

import COnnx
import InfoldGraph
import InfoldSystem

/// Decodes a ModelProto message.
struct ModelDecoder {
  /// The bytes that the model is unpacked from.
  let bytes: RetainedBytes
  let externalData: ExternalDataFolder?
  let operators: OperatorRegistry
  let declaredShapes: DeclaredShapes
  /// Collects the faults of a model that is only inspected, or `nil` if faults are errors.
  var faults: FaultCollector?

  /// Decodes a model and infers the types of its values.
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
      throw InfoldError(.malformedData, "not an ONNX model: it has no IR version")
    }
    let supported = Model.supportedIRVersions
    if !supported.contains(Int(message.ir_version)) {
      try faults.note(
        InfoldError(
          .unsupported,
          "unsupported IR version \(message.ir_version); versions \(supported.lowerBound) to \(supported.upperBound) are supported"
        ))
    }
    return Int(message.ir_version)
  }
}

/// The opset imports of a model or a function. Repeated imports of the same version count once.
/// - Parameter faults: Collects faults: conflicting versions of one domain, of which the first is
///   used, and missing imports.
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
          "the opset \(name) is imported in two versions, \(earlier) and \(entry.pointee.version)",
          hint: "keep only the version that the model was exported with"))
      continue
    }
    guard entry.pointee.version >= 1 else {
      throw InfoldError(
        .invalidModel, "the opset \(name) is imported in the invalid version \(entry.pointee.version)")
    }
    versions[key] = entry.pointee.version
    imports.append(Model.OpsetImport(domain: domain, version: Int(entry.pointee.version)))
  }
  if imports.isEmpty { try faults.note(InfoldError(.invalidModel, "the \(importer) imports no opset")) }
  return imports
}

extension [Model.OpsetImport] {
  /// The version of each domain. The empty domain is ONNX's own.
  var versions: [String: Int] {
    Dictionary(uniqueKeysWithValues: map { (normalizedDomain($0.domain), $0.version) })
  }
}

extension Onnx__ModelProto {
  /// The serialized message without the fields of `Model`. Opset imports and metadata are kept,
  /// with their other fields.
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

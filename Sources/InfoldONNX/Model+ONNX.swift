import COnnx
import InfoldGraph
import InfoldSystem

extension Model {
  /// The maximum size of a protocol buffer in bytes.
  package static let byteLimit = Int(Int32.max)

  /// Reads an ONNX model and its external data from a file, and infers the types of its values. A
  /// pipe is read to its end and has no external data.
  ///
  /// IR versions 3 to 14 are supported. Nodes with unsupported operators are kept and written back
  /// unchanged. The peak memory is little more than the size of the file; afterwards only the
  /// tensors are kept.
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - operators: The operators that nodes may use; `.standard.adding(…)` for custom operators.
  ///   - limits: Limits for the model.
  ///   - declaredShapes: How to treat the shapes that the model declares for computed values. By
  ///     default the operators decide, and contradictions are listed in `warnings`.
  ///   - dataRoot: The folder that external data may come from. By default it is the folder of the
  ///     model, where no link is followed and files with several hard links are refused. For a
  ///     cache of models made of links, like that of Hugging Face, pass the cache's folder: links
  ///     are then followed inside it.
  /// - Throws: `InfoldError` with the path of the file: `.fileAccess`, `.malformedData` if the file
  ///   is damaged or not an ONNX model, `.invalidModel` if the model violates the standard,
  ///   `.unsupported` for other IR versions, `.limitExceeded`.
  public init(
    path: String, operators: OperatorRegistry, limits: ModelLimits = ModelLimits(),
    declaredShapes: DeclaredShapes = .advisory, dataRoot: String? = nil
  ) throws(InfoldError) {
    try self.init(
      path: path, operators: operators, limits: limits, declaredShapes: declaredShapes, dataRoot: dataRoot,
      isOnlyInspected: false)
  }

  /// Reads a model from a file.
  /// - Parameter isOnlyInspected: Whether faults of the model are kept with it (`faults`, opaque
  ///   nodes, unread initializers) as long as the file is not damaged.
  package init(
    path: String, operators: OperatorRegistry, limits: ModelLimits, declaredShapes: DeclaredShapes, dataRoot: String?,
    isOnlyInspected: Bool
  ) throws(InfoldError) {
    self = try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in
      let hint = "keep the data of large tensors in external files"
      let bytes: RetainedBytes
      let folder: ExternalDataFolder?
      switch try ReadableFile(
        path: path, limit: Self.byteLimit, pipeLimit: limits.externalBytes ?? MachineMemory.defaultLimit, hint: hint)
      {
      case .regular(let file):
        bytes = try RetainedBytes(file, limit: Self.byteLimit, hint: hint)
        folder = try ExternalDataFolder(
          ofModel: path, root: dataRoot, byteLimit: limits.externalBytes ?? MachineMemory.defaultLimit)
      case .bytes(let contents):
        bytes = try RetainedBytes(copying: contents)
        folder = nil
      }
      return try ModelDecoder(
        bytes: bytes, externalData: folder, operators: operators, declaredShapes: declaredShapes,
        faults: isOnlyInspected ? FaultCollector() : nil
      ).decode(UnpackedModel(bytes, limits: limits))
    }
    self.path = path
  }

  /// Reads an ONNX model from bytes, and infers the types of its values. External data is an error,
  /// since there is no folder to find it in.
  /// - Parameters:
  ///   - bytes: The content of an ONNX file.
  ///   - operators: The operators that nodes may use; `.standard.adding(…)` for custom operators.
  ///   - limits: Limits for the model.
  ///   - declaredShapes: How to treat the shapes that the model declares for computed values. By
  ///     default the operators decide, and contradictions are listed in `warnings`.
  /// - Throws: The errors of `init(path:operators:limits:declaredShapes:dataRoot:)`.
  public init(
    bytes: [UInt8], operators: OperatorRegistry, limits: ModelLimits = ModelLimits(),
    declaredShapes: DeclaredShapes = .advisory
  ) throws(InfoldError) {
    try self.init(
      bytes: bytes, operators: operators, limits: limits, declaredShapes: declaredShapes, isOnlyInspected: false)
  }

  /// Reads a model from bytes.
  /// - Parameter isOnlyInspected: Like the parameter of the initializer with a path.
  package init(
    bytes: [UInt8], operators: OperatorRegistry, limits: ModelLimits, declaredShapes: DeclaredShapes,
    isOnlyInspected: Bool
  ) throws(InfoldError) {
    self = try bytes.span.bytes.withUnsafeBytes { (buffer) throws(InfoldError) in
      let bytes = RetainedBytes(borrowing: buffer)
      return try ModelDecoder(
        bytes: bytes, externalData: nil, operators: operators, declaredShapes: declaredShapes,
        faults: isOnlyInspected ? FaultCollector() : nil
      ).decode(UnpackedModel(bytes, limits: limits))
    }
  }
}

extension Model {
  /// Serializes the model as an ONNX file. Content that was read and not changed keeps its meaning,
  /// including unknown operators, documentation, metadata and unknown fields. Tensors are written
  /// as raw data, external ones included.
  /// - Throws: `InfoldError` with `.limitExceeded` if the file would have 2 GiB or more,
  ///   `.unsupported` if functions or training graphs have external data.
  public func serialized() throws(InfoldError) -> [UInt8] {
    let arena = MessageArena()
    defer { withExtendedLifetime(arena) {} }
    return try arena.encode(self).serialized(limit: Self.byteLimit)
  }

  /// Writes the model to an ONNX file. An existing file is replaced once everything is written.
  /// - Throws: `InfoldError` with the path of the file: `.fileAccess`, and like `serialized()`.
  public func write(to path: String) throws(InfoldError) {
    let bytes = try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in try serialized() }
    try writeReplacing(path) { (writer) throws(InfoldError) in try writer.write(bytes) }
  }
}

/// Unpacks the message in a file. The bytes of the file are freed before this returns.
func unpacked<Content: Message>(
  file path: String, limit: Int, hint: String? = nil
) throws(InfoldError) -> Unpacked<Content> {
  try Unpacked(try ReadableFile.contents(of: path, limit: limit, hint: hint))
}

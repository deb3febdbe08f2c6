import COnnx
import InfoldGraph
import InfoldSystem

extension Model {
  /// The most bytes that one protocol buffer can have.
  package static let byteLimit = Int(Int32.max)

  /// Reads an ONNX model from a file, with the external data beside it, and infers the types of its values. A pipe is read to its
  /// end; beside it there is no data.
  ///
  /// IR versions 3 to 14. Nodes that none of `operators` can run are kept, and written back as they were. At the peak this takes little more than
  /// the size of the file; afterwards the tensors alone.
  /// - Parameters:
  ///   - path: The file.
  ///   - operators: What nodes may mean; `.standard.adding(…)` for operators of your own.
  ///   - limits: What the model may ask for.
  ///   - declaredShapes: What the shapes count for that the model declares of what its nodes make. By default the operators
  ///     count, and what is declared otherwise is in `warnings`.
  ///   - dataRoot: The folder out of which no data may come. By default it is the folder of the model, in which then no link is
  ///     followed, and no file is read that has more than one name. A cache of models that is made of links, like that of
  ///     Hugging Face, gives its own folder: links are then followed as long as they do not lead out of it.
  /// - Throws: `InfoldError`, naming the file: `.fileAccess`, `.malformedData` when the file is no ONNX model or a
  ///   broken one, `.invalidModel` when the model breaks a rule of the standard, `.unsupported` for other IR versions,
  ///   `.limitExceeded`.
  public init(
    path: String, operators: OperatorRegistry, limits: ModelLimits = ModelLimits(),
    declaredShapes: DeclaredShapes = .advisory, dataRoot: String? = nil
  ) throws(InfoldError) {
    try self.init(
      path: path, operators: operators, limits: limits, declaredShapes: declaredShapes, dataRoot: dataRoot,
      isOnlyInspected: false)
  }

  /// Reads a model from a file.
  /// - Parameter isOnlyInspected: Whether what is wrong with the model is kept with it (`faults`, opaque nodes, unread initializers) as
  ///   long as the file is not damaged.
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

  /// Reads an ONNX model from bytes, and infers the types of its values. A tensor with external data is an error, for
  /// there is no folder to find it in.
  /// - Parameters:
  ///   - bytes: What an ONNX file holds.
  ///   - operators: What nodes may mean; `.standard.adding(…)` for operators of your own.
  ///   - limits: What the model may ask for.
  ///   - declaredShapes: What the shapes count for that the model declares of what its nodes make. By default the operators
  ///     count, and what is declared otherwise is in `warnings`.
  /// - Throws: As `init(path:operators:limits:declaredShapes:dataRoot:)`.
  public init(
    bytes: [UInt8], operators: OperatorRegistry, limits: ModelLimits = ModelLimits(),
    declaredShapes: DeclaredShapes = .advisory
  ) throws(InfoldError) {
    try self.init(
      bytes: bytes, operators: operators, limits: limits, declaredShapes: declaredShapes, isOnlyInspected: false)
  }

  /// Reads a model from bytes.
  /// - Parameter isOnlyInspected: As for the one from a file.
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
  /// The model as an ONNX file's bytes. What was read and not changed means the same, whatever it is: nodes that Infold
  /// does not know, documentation, metadata, unknown fields. Tensors are written as raw data, external ones included.
  /// - Throws: `InfoldError` with `.limitExceeded` when it takes 2 GiB or more, `.unsupported` when functions or training
  ///   graphs keep data in other files.
  public func serialized() throws(InfoldError) -> [UInt8] {
    let arena = MessageArena()
    defer { withExtendedLifetime(arena) {} }
    return try arena.encode(self).serialized(limit: Self.byteLimit)
  }

  /// Writes the model to an ONNX file. A file that stands there is replaced once everything is written.
  /// - Throws: `InfoldError`, naming the file: `.fileAccess`, and as `serialized()`.
  public func write(to path: String) throws(InfoldError) {
    let bytes = try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in try serialized() }
    try writeReplacing(path) { (writer) throws(InfoldError) in try writer.write(bytes) }
  }
}

/// The message in a file, whose bytes are gone before this returns.
func unpacked<Content: Message>(
  file path: String, limit: Int, hint: String? = nil
) throws(InfoldError) -> Unpacked<Content> {
  try Unpacked(try ReadableFile.contents(of: path, limit: limit, hint: hint))
}

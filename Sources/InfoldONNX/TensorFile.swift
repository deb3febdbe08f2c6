import COnnx
import InfoldGraph
import InfoldSystem
import InfoldTensor

/// A tensor in its own file: a serialized TensorProto, as in ONNX's test data (`input_0.pb`).
public struct TensorFile: Sendable {
  /// The name of the tensor; empty if it has none.
  public var name: String
  /// The tensor.
  public var tensor: Tensor

  /// Creates a tensor file with a name.
  public init(name: String = "", _ tensor: Tensor) {
    self.name = name
    self.tensor = tensor
  }

  /// Reads a TensorProto from a file.
  /// - Throws: `InfoldError` with the path of the file: `.fileAccess`, `.malformedData`,
  ///   `.unsupported` for strings, `.limitExceeded`.
  public init(path: String) throws(InfoldError) {
    self = try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in
      let message: Unpacked<Onnx__TensorProto> = try unpacked(file: path, limit: Model.byteLimit)
      return try TensorFile(message, TensorDecoder(externalData: ExternalDataFolder(ofModel: path)))
    }
  }

  /// Reads a TensorProto from bytes.
  /// - Throws: The errors of `init(path:)`.
  public init(bytes: [UInt8]) throws(InfoldError) {
    self = try TensorFile(try Unpacked<Onnx__TensorProto>(bytes), TensorDecoder(externalData: nil))
  }

  private init(
    _ message: borrowing Unpacked<Onnx__TensorProto>, _ decoder: TensorDecoder
  ) throws(InfoldError) {
    let layout = try TensorLayout(message.content.pointee)
    guard layout.elementType != .string else {
      throw InfoldError(.unsupported, "tensors of strings are not supported")
    }
    name = message.content.pointee.name.text
    tensor = try decoder.decode(message.content, layout)
  }
}

extension TensorFile {
  /// Serializes the tensor as a TensorProto with raw data.
  /// - Throws: `InfoldError` with `.limitExceeded` if it would have 2 GiB or more.
  public func serialized() throws(InfoldError) -> [UInt8] {
    let arena = MessageArena()
    defer { withExtendedLifetime(arena) {} }
    var message = arena.encode(tensor, onto: .empty)
    message.setName(name, in: arena)
    return try message.serialized(limit: Model.byteLimit)
  }

  /// Writes the tensor to a file. An existing file is replaced once everything is written.
  /// - Throws: `InfoldError` with the path of the file: `.fileAccess`, `.limitExceeded`.
  public func write(to path: String) throws(InfoldError) {
    let bytes = try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in try serialized() }
    try writeReplacing(path) { (writer) throws(InfoldError) in try writer.write(bytes) }
  }
}

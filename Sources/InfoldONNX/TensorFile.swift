import COnnx
public import InfoldGraph

/// A tensor in a file of its own: a serialized TensorProto, as in ONNX's test data (`input_0.pb`).
public struct TensorFile: Sendable {
  /// The tensor's name; empty when it has none.
  public var name: String
  /// The tensor.
  public var tensor: Tensor

  /// A tensor with a name.
  public init(name: String = "", _ tensor: Tensor) {
    self.name = name
    self.tensor = tensor
  }

  /// Reads a TensorProto from a file.
  /// - Throws: `InfoldError`, naming the file: `.fileAccess`, `.malformedData`, `.unsupported` for strings,
  ///   `.limitExceeded`.
  public init(path: String) throws(InfoldError) {
    self = try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in
      let message: Unpacked<Onnx__TensorProto> = try unpacked(file: path, limit: Model.byteLimit)
      return try TensorFile(message, TensorDecoder(externalData: ExternalDataFolder(ofModel: path)))
    }
  }

  /// Reads a TensorProto from bytes.
  /// - Throws: As `init(path:)`.
  public init(bytes: [UInt8]) throws(InfoldError) {
    self = try TensorFile(try Unpacked<Onnx__TensorProto>(bytes), TensorDecoder(externalData: nil))
  }

  private init(
    _ message: borrowing Unpacked<Onnx__TensorProto>, _ decoder: TensorDecoder
  ) throws(InfoldError) {
    let layout = try TensorLayout(message.content.pointee)
    guard layout.elementType != .string else {
      throw InfoldError(.unsupported, "a tensor of strings is not supported")
    }
    name = message.content.pointee.name.text
    tensor = try decoder.decode(message.content, layout)
  }
}

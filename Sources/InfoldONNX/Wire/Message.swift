import COnnx
import InfoldSystem
import InfoldTensor

/// A protobuf-c message of the ONNX format.
protocol Message {
  /// The base of every protobuf-c message, its first member.
  var base: ProtobufCMessage { get }

  /// Sets every field to its default.
  static func initialize(_ message: UnsafeMutablePointer<Self>)

  init()
}

extension Message {
  /// The message without any field set.
  static var empty: Self {
    var message = Self()
    initialize(&message)
    return message
  }

  /// The schema of this message.
  static var descriptor: UnsafePointer<ProtobufCMessageDescriptor> { empty.base.descriptor }

  /// Serializes this message after `change`. Memory that it points to is not changed.
  func serialized(_ change: (inout Self) -> Void = { _ in }) -> [UInt8] {
    var copy = self
    change(&copy)
    return copy.withBase { base in
      let size = protobuf_c_message_get_packed_size(base)
      // An empty array with no capacity is a shared object, and its count would be written
      // nevertheless.
      guard size > 0 else { return [] }
      return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        count = protobuf_c_message_pack(base, buffer.baseAddress)
      }
    }
  }

  /// Serializes this message if it needs at most `limit` bytes.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  func serialized(limit: Int) throws(InfoldError) -> [UInt8] {
    let size = packedSize
    try MemoryBudget.current?.require(size)
    guard size <= limit else {
      throw InfoldError(.limitExceeded, "the message needs \(size) bytes, but an ONNX file can have at most \(limit)")
    }
    return serialized()
  }

  /// The serialized size in bytes.
  var packedSize: Int { withBase(protobuf_c_message_get_packed_size) }

  private func withBase<Result>(_ body: (UnsafePointer<ProtobufCMessage>) -> Result) -> Result {
    withUnsafePointer(to: self) { body(UnsafeRawPointer($0).assumingMemoryBound(to: ProtobufCMessage.self)) }
  }
}

/// A message that protobuf-c has unpacked, and all memory that it points to.
struct Unpacked<Content: Message>: ~Copyable {
  /// The message, valid as long as this value.
  let content: UnsafeMutablePointer<Content>

  /// Unpacks `bytes` after `WireScan` has checked them.
  /// - Throws: `InfoldError` with `.malformedData`, or `.limitExceeded` if memory cannot be
  ///   allocated.
  init(_ bytes: [UInt8]) throws(InfoldError) {
    self = try bytes.span.bytes.withUnsafeBytes { (buffer) throws(InfoldError) in
      _ = try scanned(RetainedBytes(borrowing: buffer), as: Content.descriptor)
      return try Unpacked(scanned: buffer)
    }
  }

  /// Unpacks bytes that have been scanned.
  /// - Throws: `InfoldError` with `.limitExceeded` if memory cannot be allocated.
  init(scanned buffer: UnsafeRawBufferPointer) throws(InfoldError) {
    guard
      let message = protobuf_c_message_unpack(
        Content.descriptor, nil, buffer.count, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self))
    else { throw InfoldError(.limitExceeded, "out of memory while unpacking \(counted(buffer.count, "byte"))") }
    content = UnsafeMutableRawPointer(message).assumingMemoryBound(to: Content.self)
  }

  /// Transfers ownership of the message to the caller, who must free it.
  consuming func release() -> UnsafeMutablePointer<Content> {
    let content = content
    discard self
    return content
  }

  deinit {
    protobuf_c_message_free_unpacked(
      UnsafeMutableRawPointer(content).assumingMemoryBound(to: ProtobufCMessage.self), nil)
  }
}

/// Scans bytes before they are unpacked, and loads everything except large data.
/// - Throws: `InfoldError` with `.malformedData`, `.limitExceeded` or `.fileAccess`.
func scanned(
  _ bytes: RetainedBytes, as message: WireScan.Message, limits: ModelLimits = ModelLimits()
) throws(InfoldError) -> LargeInitializerData {
  do throws(WireError) {
    return try WireScan.check(bytes, as: message, limits: WireScan.Limits(model: limits))
  } catch {
    if let failure = error.failure { throw failure }
    guard error.code == .malformedData else { throw InfoldError(error.code, error.description) }
    throw InfoldError(.malformedData, "not an ONNX file, or damaged: " + error.description)
  }
}

/// A repeated field of messages.
func messages<Content>(
  _ start: UnsafeMutablePointer<UnsafeMutablePointer<Content>?>?, _ count: Int
) -> some RandomAccessCollection<UnsafeMutablePointer<Content>> {
  UnsafeBufferPointer(start: start, count: count).lazy.map { $0! }
}

/// A repeated field of numbers or texts.
func elements<Element>(_ start: UnsafeMutablePointer<Element>?, _ count: Int) -> UnsafeBufferPointer<Element> {
  UnsafeBufferPointer(start: start, count: count)
}

extension ProtobufCBinaryData {
  /// The bytes, valid as long as the message.
  var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: data, count: len) }

  /// The bytes as text. `WireScan` has validated them.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  var isEmpty: Bool { len == 0 }
}

extension Onnx__ModelProto: Message {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { onnx__model_proto__init(message) }
}
extension Onnx__OperatorSetIdProto: Message {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { onnx__operator_set_id_proto__init(message) }
}
extension Onnx__FunctionProto: Message {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { onnx__function_proto__init(message) }
}
extension Onnx__GraphProto: Message {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { onnx__graph_proto__init(message) }
}
extension Onnx__NodeProto: Message {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { onnx__node_proto__init(message) }
}
extension Onnx__AttributeProto: Message {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { onnx__attribute_proto__init(message) }
}
extension Onnx__TensorProto: Message {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { onnx__tensor_proto__init(message) }
}
extension Onnx__SparseTensorProto: Message {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { onnx__sparse_tensor_proto__init(message) }
}
extension Onnx__TypeProto: Message {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { onnx__type_proto__init(message) }
}
extension Onnx__TypeProto__Tensor: Message {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { onnx__type_proto__tensor__init(message) }
}
extension Onnx__TensorShapeProto: Message {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { onnx__tensor_shape_proto__init(message) }
}
extension Onnx__TensorShapeProto__Dimension: Message {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { onnx__tensor_shape_proto__dimension__init(message) }
}
extension Onnx__StringStringEntryProto: Message {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { onnx__string_string_entry_proto__init(message) }
}
extension Onnx__ValueInfoProto: Message {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { onnx__value_info_proto__init(message) }
}

import COnnx
import InfoldSystem
import InfoldTensor

/// An arena for messages under construction. Everything allocated in it lives as long as the arena.
final class MessageArena {
  private var allocations: [UnsafeMutableRawPointer] = []
  private var unpacked: [UnsafeMutablePointer<ProtobufCMessage>] = []
  private var tensors: [Tensor] = []

  deinit {
    for allocation in allocations { allocation.deallocate() }
    for message in unpacked { protobuf_c_message_free_unpacked(message, nil) }
  }

  /// The message that `unmodeledFields` serializes, or an empty message for no bytes.
  ///
  /// It can be changed freely. The memory that it was unpacked into is freed with the arena.
  /// - Throws: `InfoldError` with `.malformedData` if the bytes are not such a message, or
  ///   `.limitExceeded` if memory cannot be allocated.
  func message<Content: Message>(from unmodeledFields: [UInt8], as _: Content.Type = Content.self) throws(InfoldError)
    -> Content
  {
    guard !unmodeledFields.isEmpty else { return .empty }
    let message = try Unpacked<Content>(unmodeledFields).release()
    unpacked.append(UnsafeMutableRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self))
    return message.pointee
  }

  /// Allocates `element`.
  func place<Element>(_ element: Element) -> UnsafeMutablePointer<Element> {
    place([element])!
  }

  /// Allocates `elements` contiguously. Returns `nil` for none.
  func place<Element>(_ elements: [Element]) -> UnsafeMutablePointer<Element>? {
    guard !elements.isEmpty else { return nil }
    let place = UnsafeMutablePointer<Element>.allocate(capacity: elements.count)
    place.initialize(from: elements, count: elements.count)
    allocations.append(UnsafeMutableRawPointer(place))
    return place
  }

  /// Allocates `messages` and an array of their addresses, as repeated fields need it.
  func list<Content>(_ messages: [Content]) -> UnsafeMutablePointer<UnsafeMutablePointer<Content>?>? {
    guard let first = place(messages) else { return nil }
    return place(messages.indices.map { Optional(first + $0) })
  }

  /// Allocates a field of type bytes.
  func data(_ bytes: some Collection<UInt8>) -> ProtobufCBinaryData {
    ProtobufCBinaryData(len: bytes.count, data: place(Array(bytes)))
  }

  /// Allocates a field with text.
  func text(_ text: String) -> ProtobufCBinaryData {
    data(text.utf8)
  }

  /// The bytes of `tensor`, without a copy.
  func data(of tensor: Tensor) -> ProtobufCBinaryData {
    tensors.append(tensor)
    return tensor.withUnsafeBytes { bytes in
      // The arena keeps the tensor and nothing changes it, so its memory does not move. Packing
      // only reads it.
      ProtobufCBinaryData(
        len: bytes.count,
        data: UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.assumingMemoryBound(to: UInt8.self))
    }
  }
}

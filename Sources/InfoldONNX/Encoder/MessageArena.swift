import COnnx
import InfoldSystem
import InfoldTensor

/// The memory of the messages that are being put together: everything that is made here lives as long as the arena.
final class MessageArena {
  private var allocations: [UnsafeMutableRawPointer] = []
  private var unpacked: [UnsafeMutablePointer<ProtobufCMessage>] = []
  private var tensors: [Tensor] = []

  deinit {
    for allocation in allocations { allocation.deallocate() }
    for message in unpacked { protobuf_c_message_free_unpacked(message, nil) }
  }

  /// The message that `unmodeledFields` is the serialized form of; an empty one for no bytes.
  ///
  /// It may be changed freely: what it was unpacked into is freed with the arena.
  /// - Throws: `InfoldError` with `.malformedData` when the bytes are none, `.limitExceeded` when memory cannot be had.
  func message<Content: Message>(from unmodeledFields: [UInt8], as _: Content.Type = Content.self) throws(InfoldError)
    -> Content
  {
    guard !unmodeledFields.isEmpty else { return .empty }
    let message = try Unpacked<Content>(unmodeledFields).release()
    unpacked.append(UnsafeMutableRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self))
    return message.pointee
  }

  /// A place for `element`.
  func place<Element>(_ element: Element) -> UnsafeMutablePointer<Element> {
    place([element])!
  }

  /// A place for `elements`, one after the other; `nil` for none.
  func place<Element>(_ elements: [Element]) -> UnsafeMutablePointer<Element>? {
    guard !elements.isEmpty else { return nil }
    let place = UnsafeMutablePointer<Element>.allocate(capacity: elements.count)
    place.initialize(from: elements, count: elements.count)
    allocations.append(UnsafeMutableRawPointer(place))
    return place
  }

  /// The places of `messages`, as repeated fields hold them.
  func list<Content>(_ messages: [Content]) -> UnsafeMutablePointer<UnsafeMutablePointer<Content>?>? {
    guard let first = place(messages) else { return nil }
    return place(messages.indices.map { Optional(first + $0) })
  }

  /// `bytes`, as a field of type bytes.
  func data(_ bytes: some Collection<UInt8>) -> ProtobufCBinaryData {
    ProtobufCBinaryData(len: bytes.count, data: place(Array(bytes)))
  }

  /// `text`, as a field.
  func text(_ text: String) -> ProtobufCBinaryData {
    data(text.utf8)
  }

  /// The bytes of `tensor`, without a copy.
  func data(of tensor: Tensor) -> ProtobufCBinaryData {
    tensors.append(tensor)
    return tensor.withUnsafeBytes { bytes in
      // The tensor is kept, and nothing changes it: its memory stays where it is. Packing reads only.
      ProtobufCBinaryData(
        len: bytes.count,
        data: UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.assumingMemoryBound(to: UInt8.self))
    }
  }
}

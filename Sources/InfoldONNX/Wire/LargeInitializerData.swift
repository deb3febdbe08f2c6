/// The data of large initializers, which is used in place in the bytes of a model. protobuf-c would
/// copy it.
struct LargeInitializerData {
  /// The minimum size of large data. Copying less is cheap.
  static let smallestByteCount = 1 << 14

  /// The data of an initializer of the model's graph.
  struct Payload {
    /// The index of the initializer.
    let initializer: Int
    let bytes: Range<Int>
  }

  private(set) var payloads: [Payload] = []
  private var edits: [Edit] = []

  /// A replacement of some of the model's bytes in the input of protobuf-c.
  private struct Edit {
    let bytes: Range<Int>
    let replacement: [UInt8]
  }

  /// Removes a field with large data.
  mutating func remove(field: Range<Int>, _ payload: Payload) {
    payloads.append(payload)
    edits.append(Edit(bytes: field, replacement: []))
  }

  /// Corrects the length of a message from which data was removed. The length keeps its number of
  /// bytes, so that nothing else moves.
  mutating func replaceLength(at place: Range<Int>, by length: Int) {
    let digits = place.indices.map { index in
      UInt8(truncatingIfNeeded: length >> (7 * (index - place.lowerBound)) & 0x7f)
        | (index == place.upperBound - 1 ? 0 : 0x80)
    }
    edits.append(Edit(bytes: place, replacement: digits))
  }

  /// The model without the removed data.
  func remainder(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var rest: [UInt8] = []
    rest.reserveCapacity(bytes.count - payloads.reduce(0) { $0 + $1.bytes.count })
    var position = 0
    for edit in edits.sorted(by: { $0.bytes.lowerBound < $1.bytes.lowerBound }) {
      rest += UnsafeRawBufferPointer(rebasing: bytes[position..<edit.bytes.lowerBound])
      rest += edit.replacement
      position = edit.bytes.upperBound
    }
    rest += UnsafeRawBufferPointer(rebasing: bytes[position...])
    return rest
  }
}

/// The data of large initializers in the bytes of a model, which is read where it is: protobuf-c would copy it.
struct LargeInitializerData {
  /// Less than this is not worth the trouble.
  static let smallestByteCount = 1 << 14

  /// Where the data of an initializer of the model's graph lies.
  struct Payload {
    /// Its place among the initializers.
    let initializer: Int
    let bytes: Range<Int>
  }

  private(set) var payloads: [Payload] = []
  private var edits: [Edit] = []

  /// Some of the model's bytes that others stand for in what protobuf-c unpacks.
  private struct Edit {
    let bytes: Range<Int>
    let replacement: [UInt8]
  }

  /// Takes out a field that holds such data.
  mutating func remove(field: Range<Int>, _ payload: Payload) {
    payloads.append(payload)
    edits.append(Edit(bytes: field, replacement: []))
  }

  /// Corrects the length of a message around what was taken out. It is written with as many bytes as before, so that nothing else
  /// moves.
  mutating func replaceLength(at place: Range<Int>, by length: Int) {
    let digits = place.indices.map { index in
      UInt8(truncatingIfNeeded: length >> (7 * (index - place.lowerBound)) & 0x7f)
        | (index == place.upperBound - 1 ? 0 : 0x80)
    }
    edits.append(Edit(bytes: place, replacement: digits))
  }

  /// The model without what was taken out.
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

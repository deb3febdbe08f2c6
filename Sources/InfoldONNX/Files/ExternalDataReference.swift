import COnnx
import InfoldSystem

/// Where the bytes of a tensor lie in another file: the `external_data` of a TensorProto.
struct ExternalDataReference {
  /// The file, relative to the model's folder.
  let location: String
  /// The first byte.
  let offset: Int
  /// The number of bytes, where the model says it.
  let length: Int?

  /// Reads the entries. Others than `location`, `offset` and `length` (a checksum, notes of tools) do not matter here.
  /// - Throws: `InfoldError` with `.malformedData` for a missing location, an entry that stands twice, or a number that
  ///   is none.
  init(_ entries: some Sequence<UnsafeMutablePointer<Onnx__StringStringEntryProto>>) throws(InfoldError) {
    var location: String?
    var offset: Int?
    var length: Int?
    for entry in entries {
      let value = entry.pointee.value.text
      switch entry.pointee.key.text {
      case "location":
        try Self.requireFirst(location == nil, "location")
        location = value
      case "offset":
        try Self.requireFirst(offset == nil, "offset")
        offset = try Self.number(value, "offset")
      case "length":
        try Self.requireFirst(length == nil, "length")
        length = try Self.number(value, "length")
      default: break
      }
    }
    guard let location else { throw InfoldError(.malformedData, "its external data names no location") }
    self.location = location
    self.offset = offset ?? 0
    self.length = length
  }

  private static func requireFirst(_ isFirst: Bool, _ key: String) throws(InfoldError) {
    if !isFirst { throw InfoldError(.malformedData, "its external data gives \(key) twice") }
  }

  /// Decimal digits and nothing else, below 2⁶³.
  private static func number(_ text: String, _ key: String) throws(InfoldError) -> Int {
    guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let number = Int(text)
    else {
      throw InfoldError(
        .malformedData, "the \(key) \(String(quoting: text)) of its external data is not a number of bytes")
    }
    return number
  }
}

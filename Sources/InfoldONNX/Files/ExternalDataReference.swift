import COnnx
import InfoldSystem

/// The location of a tensor's bytes in an external file: the `external_data` of a TensorProto.
struct ExternalDataReference {
  /// The path relative to the model's folder.
  let location: String
  /// The offset of the first byte.
  let offset: Int
  /// The number of bytes, if the model declares it.
  let length: Int?

  /// Reads the entries. Keys other than `location`, `offset` and `length`, such as checksums, are
  /// ignored.
  /// - Throws: `InfoldError` with `.malformedData` for a missing location, a duplicate entry, or an
  ///   invalid number.
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
    guard let location else { throw InfoldError(.malformedData, "the external data has no location") }
    self.location = location
    self.offset = offset ?? 0
    self.length = length
  }

  private static func requireFirst(_ isFirst: Bool, _ key: String) throws(InfoldError) {
    if !isFirst { throw InfoldError(.malformedData, "the external data has the duplicate key \(key)") }
  }

  /// Parses decimal digits, below 2⁶³.
  private static func number(_ text: String, _ key: String) throws(InfoldError) -> Int {
    guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let number = Int(text)
    else {
      throw InfoldError(
        .malformedData, "the \(key) \(String(quoting: text)) of the external data is not a number of bytes")
    }
    return number
  }
}

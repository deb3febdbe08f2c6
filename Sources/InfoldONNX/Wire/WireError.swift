import InfoldSystem

/// Bytes that are no well-formed message, found before they are unpacked.
struct WireError: Error, Equatable {
  /// Whether it is broken, or too much.
  var code = InfoldError.Code.malformedData
  /// Where in the bytes, from their beginning.
  var offset: Int
  /// The message, and the field where one is known, that was being read, as in `NodeProto.input`.
  var place: String
  var reason: String
  /// What kept the bytes from being read there, when nothing is wrong with them.
  var failure: InfoldError?

  var description: String { "\(place), at byte \(offset): \(reason)" }
}

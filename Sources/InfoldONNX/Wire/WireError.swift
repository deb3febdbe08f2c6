import InfoldSystem

/// An error in the encoding of a message, found before it is unpacked.
struct WireError: Error, Equatable {
  /// Whether the bytes are malformed or exceed a limit.
  var code = InfoldError.Code.malformedData
  /// The offset from the beginning of the bytes.
  var offset: Int
  /// The message being read, with the field if it is known, as in `NodeProto.input`.
  var place: String
  var reason: String
  /// The reason why the bytes could not be read, if they are not at fault.
  var failure: InfoldError?

  var description: String { "\(place), at byte \(offset): \(reason)" }
}

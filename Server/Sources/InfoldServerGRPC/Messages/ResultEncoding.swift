import InfoldServing

/// The encoding of results in a message.
///
/// A message has either all of its tensors as raw bytes, or none. By default the response uses the
/// encoding of the request: raw bytes or lists. The client can override this for all outputs with
/// the request's parameter `binary_data_output`, and for one output with its parameter
/// `binary_data`, as in REST. If one output must be raw, all are.
struct ResultEncoding: Sendable, Hashable {
  /// Whether outputs are raw by default.
  var isRawByDefault: Bool

  /// Whether the outputs are sent as raw bytes.
  /// - Throws: `ServingError` with `.invalidArgument` if a parameter is not a Boolean.
  func isRaw(_ outputs: [InferenceResponse.Output]) throws(ServingError) -> Bool {
    for output in outputs {
      let isRaw = try output.requestParameters.bool("binary_data") ?? isRawByDefault
      if isRaw || !output.datatype.hasContents { return true }
    }
    return outputs.isEmpty && isRawByDefault
  }
}

import InfoldServing

/// How results are put into a message.
///
/// A message has all of its tensors as raw bytes, or none. A client that has sent raw bytes gets raw bytes, and one that has sent lists gets
/// lists. It may say otherwise: for all outputs by the request's parameter `binary_data_output`, for one by the output's parameter
/// `binary_data`, as in REST. Where one output has to be raw, all are.
struct ResultEncoding: Sendable, Hashable {
  /// Whether outputs are raw of which nothing else is said.
  var isRawByDefault: Bool

  /// Whether the outputs are sent as raw bytes.
  /// - Throws: `ServingError` with `.invalidArgument` where a parameter is neither true nor false.
  func isRaw(_ outputs: [InferenceResponse.Output]) throws(ServingError) -> Bool {
    for output in outputs {
      let isRaw = try output.requestParameters.bool("binary_data") ?? isRawByDefault
      if isRaw || !output.datatype.hasContents { return true }
    }
    return outputs.isEmpty && isRawByDefault
  }
}

import HTTPTypes
import Hummingbird
import InfoldServing
import NIOCore

extension Request {
  /// The whole body.
  /// - Parameter limit: The most bytes that it may have.
  /// - Throws: `ServingError` with `.tooLarge`; what the connection throws.
  func collectedBody(limit: Int) async throws -> ByteBuffer {
    if let encoding = headers[.contentEncoding], encoding.lowercased() != "identity" {
      throw ServingError(
        .unsupportedMediaType, "the content encoding '\(encoding.printable)' is not supported: send the body as it is")
    }
    let tooLarge = ServingError(.tooLarge, "the request body has more than \(limit) bytes")
    var expected = 0
    if let text = headers[.contentLength] {
      guard let length = Int(text), length >= 0 else {
        throw ServingError(.invalidArgument, "Content-Length is no number")
      }
      guard length <= limit else { throw tooLarge }
      expected = length
    }
    var buffer = ByteBuffer()
    // What is only announced is no reason to take much memory.
    let first = min(expected, 1 << 20)
    for try await var chunk in body {
      guard buffer.readableBytes + chunk.readableBytes <= limit else { throw tooLarge }
      if buffer.capacity == 0 {
        if chunk.readableBytes == expected { buffer = chunk; continue }
        buffer.reserveCapacity(first)
      }
      buffer.writeBuffer(&chunk)
    }
    return buffer
  }

  /// The bytes of the JSON in the body, where binary data stands behind it.
  /// - Throws: `ServingError` with `.invalidArgument`.
  func inferenceHeaderLength() throws(ServingError) -> Int? {
    guard let text = headers[.inferenceHeaderContentLength] else { return nil }
    guard let length = Int(text), length >= 0 else {
      throw ServingError(
        .invalidArgument, "Inference-Header-Content-Length is '\(text.printable)', and must be a number")
    }
    return length
  }
}

import HTTPTypes
import Hummingbird
import InfoldServing
import NIOCore

extension Request {
  /// The whole body.
  /// - Parameters:
  ///   - limit: The most bytes that it may have.
  ///   - offset: The place whose address should suit the elements of every tensor.
  /// - Throws: `ServingError` with `.tooLarge`; what the connection throws.
  func collectedBody(limit: Int, aligning offset: Int = 0) async throws -> ByteBuffer {
    if let encoding = headers[.contentEncoding], encoding.lowercased() != "identity" {
      throw ServingError(
        .unsupportedMediaType,
        "the content encoding '\(encoding.printable)' is not supported: send the body as it is")
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
    for try await var chunk in body {
      guard chunk.readableBytes <= limit - buffer.readableBytes else { throw tooLarge }
      if buffer.capacity == 0 {
        if chunk.readableBytes == expected {
          buffer = chunk
          continue
        }
        // What is only announced is no reason to take much memory. What malloc gives begins at a multiple of 16.
        let padding = (16 - offset % 16) % 16
        buffer.reserveCapacity(min(expected, 16 << 20) + padding)
        buffer.moveWriterIndex(to: padding)
        buffer.moveReaderIndex(to: padding)
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

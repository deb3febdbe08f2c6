import HTTPTypes
import Hummingbird
import InfoldEventLoops
import InfoldServing
import NIOCore

/// What bodies may take.
struct BodyLimits {
  /// The most bytes of one, as it was sent, and inflated.
  var largest: Int
  /// What all count in until they are answered.
  var budget: RequestBytes
}

extension Request {
  /// Does something with the whole body, inflated where it is compressed.
  /// - Parameters:
  ///   - offset: The place whose address should suit the elements of every tensor.
  ///   - body: What is done, while the bytes count in the budget.
  /// - Throws: `ServingError` with `.tooLarge`, with `.unavailable` where the budget is spent, with `.unsupportedMediaType` for another
  ///   encoding; what the connection and `body` throw.
  func withBody<Output>(
    _ limits: BodyLimits, aligning offset: Int = 0, _ body: (ByteBuffer) async throws -> Output
  ) async throws -> Output {
    var collection = try BodyCollection(headers, limits, offset)
    defer { limits.budget.release(collection.taken) }
    // What is small may inflate to much.
    try await onOtherThread(if: collection.isCompressed) {
      for try await part in self.body { try collection.add(part) }
      try collection.end()
    }
    return try await body(collection.buffer)
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

/// A body as far as it has come.
private struct BodyCollection {
  private(set) var buffer = ByteBuffer()
  /// The bytes that were taken from the budget.
  private(set) var taken = 0

  private let limits: BodyLimits
  private let inflater: BodyInflater?
  /// The bytes that will come, as far as somebody has said so.
  private let expected: Int
  private let padding: Int
  private var received = 0

  var isCompressed: Bool { inflater != nil }

  init(_ headers: HTTPFields, _ limits: BodyLimits, _ offset: Int) throws(ServingError) {
    self.limits = limits
    // What malloc gives begins at a multiple of 16.
    padding = (16 - offset % 16) % 16
    switch headers[.contentEncoding]?.lowercased() {
    case nil, "identity": inflater = nil
    case "gzip", "x-gzip", "deflate": inflater = try BodyInflater()
    case let encoding?:
      throw ServingError(
        .unsupportedMediaType,
        "the content encoding '\(encoding.printable)' is not supported: send the body as it is, or with gzip or deflate"
      )
    }
    guard let text = headers[.contentLength] else {
      expected = 0
      return
    }
    guard let length = Int(text), length >= 0 else {
      throw ServingError(.invalidArgument, "Content-Length is no number")
    }
    expected = length
    guard length <= limits.largest else { throw tooLarge }
  }

  mutating func add(_ part: ByteBuffer) throws(ServingError) {
    received += part.readableBytes
    guard received <= limits.largest else { throw tooLarge }
    guard let inflater else {
      try take(part.readableBytes)
      if buffer.capacity == 0 {
        guard part.readableBytes < expected else {
          buffer = part
          return
        }
        reserve(expected)
      }
      buffer.writeImmutableBuffer(part)
      return
    }
    if buffer.capacity == 0 { reserve(0) }
    // Apart from the collection, which is changed meanwhile.
    var inflated = buffer
    buffer = ByteBuffer()
    defer { buffer = inflated }
    try inflater.inflate(part, into: &inflated) { (count) throws(ServingError) in try take(count) }
  }

  func end() throws(ServingError) { try inflater?.end() }

  private mutating func take(_ count: Int) throws(ServingError) {
    taken += count
    guard limits.budget.take(count) else { throw .tooManyRequestBytes }
    guard taken <= limits.largest else { throw tooLarge }
  }

  /// What is only announced is no reason to take much memory.
  private mutating func reserve(_ count: Int) {
    buffer.reserveCapacity(min(count, 16 << 20) + padding)
    buffer.moveWriterIndex(to: padding)
    buffer.moveReaderIndex(to: padding)
  }

  private var tooLarge: ServingError {
    ServingError(.tooLarge, "the request body has more than \(limits.largest) bytes")
  }
}

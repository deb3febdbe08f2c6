import HTTPTypes
import Hummingbird
import InfoldEventLoops
import InfoldServing
import NIOCore

/// Limits for request bodies.
struct BodyLimits {
  /// The maximum size of a body in bytes, both as sent and decompressed.
  var largest: Int
  /// The budget for all requests that have not been answered yet.
  var budget: RequestBytes
}

extension Request {
  /// Reads the entire body, decompressing it if necessary, and calls `body` with it.
  /// - Parameters:
  ///   - offset: The offset whose address must be aligned for the elements of any tensor.
  ///   - body: Processes the bytes, which count toward the budget until it returns.
  /// - Throws: `ServingError` with `.tooLarge`, `.unavailable` if the budget is exhausted, or
  ///   `.unsupportedMediaType` for other encodings; errors of the connection and of `body`.
  func withBody<Output>(
    _ limits: BodyLimits, aligning offset: Int = 0, _ body: (ByteBuffer) async throws -> Output
  ) async throws -> Output {
    var collection = try BodyCollection(headers, limits, offset)
    defer { limits.budget.release(collection.taken) }
    // A small body may decompress to a large one.
    try await onOtherThread(if: collection.isCompressed) {
      for try await part in self.body { try collection.add(part) }
      try collection.end()
    }
    return try await body(collection.buffer)
  }

  /// The length of the JSON in the body, if binary data follows it.
  /// - Throws: `ServingError` with `.invalidArgument`.
  func inferenceHeaderLength() throws(ServingError) -> Int? {
    guard let text = headers[.inferenceHeaderContentLength] else { return nil }
    guard let length = Int(text), length >= 0 else {
      throw ServingError(
        .invalidArgument, "Inference-Header-Content-Length is '\(text.printable)', but must be a number")
    }
    return length
  }
}

/// The part of a body received so far.
private struct BodyCollection {
  private(set) var buffer = ByteBuffer()
  /// The bytes charged to the budget.
  private(set) var taken = 0

  private let limits: BodyLimits
  private let inflater: BodyInflater?
  /// The announced number of bytes, or 0 if unknown.
  private let expected: Int
  private let padding: Int
  private var received = 0

  var isCompressed: Bool { inflater != nil }

  init(_ headers: HTTPFields, _ limits: BodyLimits, _ offset: Int) throws(ServingError) {
    self.limits = limits
    // malloc aligns memory to 16 bytes.
    padding = (16 - offset % 16) % 16
    switch headers[.contentEncoding]?.lowercased() {
    case nil, "identity": inflater = nil
    case "gzip", "x-gzip", "deflate": inflater = try BodyInflater()
    case let encoding?:
      throw ServingError(
        .unsupportedMediaType,
        "unsupported content encoding '\(encoding.printable)': send the body uncompressed, or with gzip or deflate"
      )
    }
    guard let text = headers[.contentLength] else {
      expected = 0
      return
    }
    guard let length = Int(text), length >= 0 else {
      throw ServingError(.invalidArgument, "Content-Length is not a number")
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
    // Moved out of the collection, because `take` modifies the collection while the bytes are
    // inflated.
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

  /// An announced length alone must not allocate much memory.
  private mutating func reserve(_ count: Int) {
    buffer.reserveCapacity(min(count, 16 << 20) + padding)
    buffer.moveWriterIndex(to: padding)
    buffer.moveReaderIndex(to: padding)
  }

  private var tooLarge: ServingError {
    ServingError(.tooLarge, "the request body has more than \(limits.largest) bytes")
  }
}

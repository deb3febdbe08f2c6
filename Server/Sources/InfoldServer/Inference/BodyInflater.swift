import CZlib
import InfoldServing
import NIOCore

/// Decompresses a body with `Content-Encoding: gzip` or `deflate` incrementally, up to a limit.
final class BodyInflater {
  /// zlib keeps the address of the stream, so it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private var isComplete = false

  /// The maximum number of bytes to decompress at a time.
  private static let step = 1 << 16
  /// The largest window, with automatic detection of gzip and zlib headers.
  private static let windowBits: Int32 = 15 + 32

  /// - Throws: `ServingError` with `.internal` if memory cannot be allocated.
  init() throws(ServingError) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard inflateInit2_(stream, Self.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw ServingError(.internal, "the request body cannot be decompressed")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Appends the decompressed bytes of a part of the body.
  /// - Parameter allow: Called with the number of added bytes, before more are added.
  /// - Throws: `ServingError` with `.invalidArgument` for malformed data; errors of `allow`.
  func inflate(
    _ part: ByteBuffer, into buffer: inout ByteBuffer, _ allow: (Int) throws(ServingError) -> Void
  ) throws(ServingError) {
    var part = part
    while true {
      guard !isComplete else {
        guard part.readableBytes == 0 else { throw Self.malformed }
        return
      }
      var status = Z_OK
      var isFull = false
      let count = part.readWithUnsafeMutableReadableBytes { input in
        stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = UInt32(input.count)
        let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.step) { output in
          stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
          stream.pointee.avail_out = UInt32(Self.step)
          status = CZlib.inflate(stream, Z_NO_FLUSH)
          return Self.step - Int(stream.pointee.avail_out)
        }
        isFull = count == Self.step
        return (input.count - Int(stream.pointee.avail_in), count)
      }
      try allow(count)
      switch status {
      case Z_STREAM_END: isComplete = true
      // All available input has been decompressed.
      case Z_OK, Z_BUF_ERROR: if part.readableBytes == 0, !isFull { return }
      default: throw Self.malformed
      }
    }
  }

  /// - Throws: `ServingError` with `.invalidArgument` if the data is incomplete.
  func end() throws(ServingError) { guard isComplete else { throw Self.malformed } }

  private static var malformed: ServingError {
    ServingError(.invalidArgument, "the request body does not match its Content-Encoding")
  }
}

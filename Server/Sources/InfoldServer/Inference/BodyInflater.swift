import CZlib
import InfoldServing
import NIOCore

/// Inflates a body that was sent with `Content-Encoding: gzip` or `deflate`, part by part, and no further than somebody allows.
final class BodyInflater {
  /// zlib keeps the address.
  private let stream: UnsafeMutablePointer<z_stream>
  private var isComplete = false

  /// The bytes that are inflated at a time.
  private static let step = 1 << 16
  /// The largest window, with a header of gzip's or zlib's.
  private static let windowBits: Int32 = 15 + 32

  /// - Throws: `ServingError` with `.internal` where there is no memory.
  init() throws(ServingError) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard inflateInit2_(stream, Self.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw ServingError(.internal, "the body cannot be inflated")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Appends what a part of the body holds.
  /// - Parameter allow: Told how many bytes were added, each time before there are more.
  /// - Throws: `ServingError` with `.invalidArgument` for what is not compressed so; what `allow` throws.
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
      // All that there is has been inflated.
      case Z_OK, Z_BUF_ERROR: if part.readableBytes == 0, !isFull { return }
      default: throw Self.malformed
      }
    }
  }

  /// - Throws: `ServingError` with `.invalidArgument` where the end is missing.
  func end() throws(ServingError) { guard isComplete else { throw Self.malformed } }

  private static var malformed: ServingError {
    ServingError(.invalidArgument, "the request body is not compressed as its Content-Encoding says")
  }
}

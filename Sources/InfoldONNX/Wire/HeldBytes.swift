import Glibc
import InfoldFiles
import InfoldGraph

/// The bytes of a model while it is decoded.
final class HeldBytes {
  let buffer: UnsafeRawBufferPointer
  private let owner: Owner

  private enum Owner {
    case pages
    case caller
  }

  /// All bytes of a file.
  /// - Throws: `InfoldError`: `.fileAccess`, or `.limitExceeded` when it is larger than `limit` or than what memory can be had.
  init(_ file: RegularFile, limit: Int, hint: String?) throws(InfoldError) {
    try file.require(atMost: limit, hint: hint)
    owner = .pages
    guard file.size > 0 else {
      buffer = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = PageMemory.allocate(byteCount: file.size) else {
      throw InfoldError(.limitExceeded, "there is no memory for the \(file.size) bytes of the file")
    }
    PageMemory.populate(start, byteCount: file.size)
    buffer = UnsafeRawBufferPointer(start: start, count: file.size)
    try file.read(into: UnsafeMutableRawBufferPointer(mutating: buffer), at: 0)
  }

  /// Bytes that the caller keeps.
  init(borrowing buffer: UnsafeRawBufferPointer) {
    self.buffer = buffer
    owner = .caller
  }

  deinit {
    guard case .pages = owner, let start = buffer.baseAddress else { return }
    PageMemory.free(UnsafeMutableRawPointer(mutating: start), byteCount: buffer.count)
  }

  func contains(_ pointer: UnsafeMutablePointer<UInt8>?) -> Bool {
    guard let pointer, let start = buffer.baseAddress else { return false }
    return (start..<(start + buffer.count)).contains(UnsafeRawPointer(pointer))
  }

  /// Gives the memory of bytes that nobody reads any more back to the system.
  func discard(_ part: UnsafeBufferPointer<UInt8>) {
    guard case .pages = owner, let start = part.baseAddress else { return }
    PageMemory.discard(UnsafeMutableRawPointer(mutating: start), byteCount: part.count)
  }
}

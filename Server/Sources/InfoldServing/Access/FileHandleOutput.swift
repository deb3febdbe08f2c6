import Glibc

/// A file that lines are written to.
struct FileHandleOutput: Sendable {
  static let standard = FileHandleOutput(descriptor: 1)

  let descriptor: Int32

  /// Writes all of a text.
  /// - Throws: `CancellationError` where nobody reads any more.
  func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
        if count > 0 {
          rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        } else if errno != EINTR {
          throw CancellationError()
        }
      }
    }
  }
}

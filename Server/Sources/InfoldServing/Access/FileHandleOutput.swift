import Glibc

/// A file descriptor that text is written to.
package struct FileHandleOutput: Sendable {
  package static let standard = FileHandleOutput(descriptor: 1)

  package let descriptor: Int32

  package init(descriptor: Int32) { self.descriptor = descriptor }

  /// Writes the entire text.
  /// - Throws: `CancellationError` if the reader has closed the file.
  package func write(_ text: String) throws {
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

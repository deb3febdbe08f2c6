import Glibc

/// A file that lines are written to.
package struct FileHandleOutput: Sendable {
  package static let standard = FileHandleOutput(descriptor: 1)

  package let descriptor: Int32

  package init(descriptor: Int32) { self.descriptor = descriptor }

  /// Writes all of a text.
  /// - Throws: `CancellationError` where nobody reads any more.
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

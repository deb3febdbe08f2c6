import InfoldGraph

/// The bytes of the file at `path`, which must be a regular file.
///
/// The message of an error names the file.
/// - Parameter limit: The most bytes that are read.
/// - Throws: `InfoldError` with `.fileAccess`, or `.limitExceeded` with `hint` for a file that is larger than `limit`.
func contents(ofFile path: String, limit: Int, hint: String? = nil) throws(InfoldError) -> [UInt8] {
  try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in
    let file = try OpenFile(path: path)
    guard file.size <= limit else {
      throw InfoldError(.limitExceeded, "has \(file.size) bytes, more than the \(limit) that can be read", hint: hint)
    }
    var failure: InfoldError?
    let bytes = [UInt8](unsafeUninitializedCapacity: file.size) { buffer, count in
      do throws(InfoldError) {
        try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
        count = buffer.count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }
}

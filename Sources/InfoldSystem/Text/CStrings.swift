import Glibc

/// Returns whether a C string equals `text`.
package func isEqual(_ cString: UnsafePointer<CChar>, to text: StaticString) -> Bool {
  strcmp(cString, UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)) == 0
}

import Glibc

/// Returns the peak resident memory of this process in bytes, or `nil` if the system does not
/// report it.
///
/// Reads /proc, because `getrusage` includes the memory of the process that started this one.
package func peakMemory() -> Int? {
  guard let file = fopen("/proc/self/status", "r") else { return nil }
  defer { fclose(file) }
  return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
    while fgets(buffer.baseAddress, Int32(buffer.count), file) != nil {
      let fields = String(cString: buffer.baseAddress!).split { $0 == " " || $0 == "\t" || $0 == "\n" }
      if fields.first == "VmHWM:", fields.count == 3 { return Int(fields[1]).map { $0 * 1024 } }
    }
    return nil
  }
}

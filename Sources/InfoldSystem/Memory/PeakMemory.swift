import Glibc

/// The most memory that this process has had at once, in bytes of pages that were really there; `nil` where the system does not
/// tell.
///
/// From /proc, since `getrusage` counts what the process that started this one had.
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

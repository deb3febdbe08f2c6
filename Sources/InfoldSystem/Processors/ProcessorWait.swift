import Glibc

/// How long the threads of this process that live now have waited for a processor that others had, in nanoseconds, all together; `nil` where
/// the system does not tell.
package func processorWait() -> UInt64? {
  guard let threads = opendir("/proc/self/task") else { return nil }
  defer { closedir(threads) }
  var sum: UInt64 = 0
  while let entry = readdir(threads) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) {
      String(cString: $0.assumingMemoryBound(to: CChar.self).baseAddress!)
    }
    guard name.first != ".", let file = fopen("/proc/self/task/\(name)/schedstat", "r") else { continue }
    defer { fclose(file) }
    let line = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 96) { buffer in
      fgets(buffer.baseAddress, Int32(buffer.count), file).map { String(cString: $0) }
    }
    // The time on a processor, the time of waiting for one, and how often it got one.
    guard let fields = line?.split(separator: " "), fields.count >= 2, let wait = UInt64(fields[1]) else { return nil }
    sum &+= wait
  }
  return sum
}

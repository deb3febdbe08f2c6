/// Returns the total time in nanoseconds that this process's live threads have waited for a
/// processor, or `nil` if the system does not report it.
package func processorWait() -> UInt64? {
  guard let threads = try? Folder.entries("/proc/self/task") else { return nil }
  var sum: UInt64 = 0
  for thread in threads {
    // A thread may have ended meanwhile.
    guard let text = SystemFile.text("/proc/self/task/\(thread.name)/schedstat") else { continue }
    // Time on a processor, time waiting for one, and number of time slices.
    let fields = text.split(separator: " ")
    guard fields.count >= 2, let wait = UInt64(fields[1]) else { return nil }
    sum &+= wait
  }
  return sum
}

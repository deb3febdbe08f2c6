/// How long the threads of this process that live now have waited for a processor that others had, in nanoseconds, all together; `nil` where
/// the system does not tell.
package func processorWait() -> UInt64? {
  guard let threads = try? Folder.entries("/proc/self/task") else { return nil }
  var sum: UInt64 = 0
  for thread in threads {
    // A thread may have ended by now.
    guard let text = SystemFile.text("/proc/self/task/\(thread.name)/schedstat") else { continue }
    // The time on a processor, the time of waiting for one, and how often it got one.
    let fields = text.split(separator: " ")
    guard fields.count >= 2, let wait = UInt64(fields[1]) else { return nil }
    sum &+= wait
  }
  return sum
}

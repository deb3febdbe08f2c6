import Glibc

/// What the system grants the control group of this process, which a container sees as its own (versions 2 and 1).
package enum ControlGroup {
  /// The most bytes of memory.
  package static var memoryLimit: Int? {
    numbers(inFile: "/sys/fs/cgroup/memory.max")?.first
      ?? numbers(inFile: "/sys/fs/cgroup/memory/memory.limit_in_bytes")?.first
  }

  /// The processors whose time it may use.
  package static var processorLimit: Double? {
    var share = numbers(inFile: "/sys/fs/cgroup/cpu.max")
    if share == nil, let quota = numbers(inFile: "/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
      let period = numbers(inFile: "/sys/fs/cgroup/cpu/cpu.cfs_period_us")
    {
      share = quota + period
    }
    guard let share, share.count == 2, share[1] > 0 else { return nil }
    return Double(share[0]) / Double(share[1])
  }

  /// The positive numbers of a line; `nil` where something else stands there, like `max` or −1.
  private static func numbers(inFile path: String) -> [Int]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let bytes = [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
      count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
    }
    let words = String(decoding: bytes, as: UTF8.self).split { $0.isWhitespace }
    let numbers = words.compactMap { Int($0) }
    return numbers.count == words.count && !numbers.isEmpty && numbers.allSatisfy { $0 > 0 } ? numbers : nil
  }
}

import Glibc

/// The memory that this process may count on.
package enum MachineMemory {
  /// The bytes that the machine has, or the control group of the process may use, where that is less.
  package static let byteCount = min(physical, controlGroup ?? .max)

  /// What Infold takes at most when nobody says otherwise: three quarters.
  package static let defaultLimit = byteCount / 4 * 3

  private static var physical: Int {
    let (bytes, overflow) = sysconf(Int32(_SC_PHYS_PAGES)).multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE)))
    return overflow || bytes <= 0 ? .max : bytes
  }

  /// The limit that a container sees as its own, of control groups version 2 or 1.
  private static var controlGroup: Int? {
    number(inFile: "/sys/fs/cgroup/memory.max") ?? number(inFile: "/sys/fs/cgroup/memory/memory.limit_in_bytes")
  }

  private static func number(inFile path: String) -> Int? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let digits = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
    }
    let text = String(decoding: digits.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }, as: UTF8.self)
    return Int(text).flatMap { $0 > 0 ? $0 : nil }
  }
}

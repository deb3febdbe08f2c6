import Glibc

/// The memory that is available to this process.
package enum MachineMemory {
  /// The bytes of the machine or of the process's control group, whichever is less.
  package static let byteCount = min(physical, ControlGroup.current.memoryLimit ?? .max)

  /// The default limit of Infold's memory: three quarters.
  package static let defaultLimit = byteCount / 4 * 3

  private static var physical: Int {
    let (bytes, overflow) = sysconf(Int32(_SC_PHYS_PAGES)).multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE)))
    return overflow || bytes <= 0 ? .max : bytes
  }
}

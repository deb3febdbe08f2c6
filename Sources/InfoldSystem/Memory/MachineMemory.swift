import Glibc

/// The memory that this process may count on.
package enum MachineMemory {
  /// The bytes that the machine has, or the control group of the process may use, where that is less.
  package static let byteCount = min(physical, ControlGroup.current.memoryLimit ?? .max)

  /// What Infold takes at most when nobody says otherwise: three quarters.
  package static let defaultLimit = byteCount / 4 * 3

  private static var physical: Int {
    let (bytes, overflow) = sysconf(Int32(_SC_PHYS_PAGES)).multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE)))
    return overflow || bytes <= 0 ? .max : bytes
  }
}

import CMachine
import Glibc

/// The number of processors that this process may use.
package enum ProcessorCount {
  /// The processors that the process may run on, limited by its control group's processor time. At
  /// least 1.
  package static let available = available(in: .current)

  /// Returns the number of processors for a process in `group`.
  package static func available(in group: ControlGroup) -> Int {
    let share = group.processorLimit.map { Int(min($0.rounded(.up), 1024)) } ?? .max
    return max(1, min(allowed, share, 1024))
  }

  private static var allowed: Int {
    let count = Int(infold_allowed_processors())
    return count > 0 ? count : sysconf(Int32(_SC_NPROCESSORS_ONLN))
  }
}

import CMachine
import Glibc
import InfoldGraph

/// The processors that this process may use.
enum ProcessorCount {
  /// Those of the machine that it may run on, or whose time its control group may use, where that is less; at least 1.
  static let available: Int = {
    let share = ControlGroup.processorLimit.map { Int($0.rounded(.up)) } ?? .max
    return max(1, min(allowed, share, 1024))
  }()

  private static var allowed: Int {
    let count = Int(infold_allowed_processors())
    return count > 0 ? count : sysconf(Int32(_SC_NPROCESSORS_ONLN))
  }
}

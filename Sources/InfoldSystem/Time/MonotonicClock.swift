import Glibc

/// A monotonic clock.
package enum MonotonicClock {
  /// Returns nanoseconds since an arbitrary moment in the past.
  package static func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

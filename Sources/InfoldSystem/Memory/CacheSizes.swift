import Glibc

/// The sizes of the machine's caches.
package enum CacheSizes {
  /// The size of a core's second-level cache in bytes, or `nil` if the system does not report it.
  package static let secondLevel: Int? = {
    let byteCount = sysconf(Int32(_SC_LEVEL2_CACHE_SIZE))
    return byteCount > 0 ? byteCount : nil
  }()
}

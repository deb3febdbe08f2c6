import Glibc

/// The sizes of the machine's caches.
package enum CacheSizes {
  /// The bytes of a core's second-level cache; `nil` where the system does not say.
  package static let secondLevel: Int? = {
    let byteCount = sysconf(Int32(_SC_LEVEL2_CACHE_SIZE))
    return byteCount > 0 ? byteCount : nil
  }()
}

import InfoldGraph
import InfoldSystem
import InfoldTensor

extension Graph {
  /// Checks that all values with known sizes could be in memory at the same time, so that sums and
  /// products of sizes in a plan do not overflow, and that each value fits `limit`.
  ///
  /// - Returns: The size of the largest non-constant value, in bytes. Constants may already be in
  ///   memory for other reasons.
  /// - Throws: `InfoldError.Code.limitExceeded`, with the name of the value, if one is too large.
  func requireAddressableValues(limit: Int) throws(InfoldError) -> Int {
    var sum = 0
    var largest = 0
    for value in values {
      guard let type = value.type, let sizes = type.shape?.sizes else { continue }
      // A size of 0 makes the tensor empty, but the product of the other sizes must not overflow
      // either.
      let count = checkedProduct(sizes.lazy.filter { $0 > 0 }) ?? .max
      let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Double>.size)
      guard !overflow, bytes <= Self.addressableByteCount - (sizes.contains(0) ? 0 : sum) else {
        throw InfoldError(
          .limitExceeded, "the value \(String(quoting: value.name)), \(type), does not fit into memory")
      }
      guard !sizes.contains(0) else { continue }
      sum += bytes
      guard let own = type.elementType.byteCount(of: count), own <= limit else {
        throw InfoldError(
          .limitExceeded,
          "the value \(String(quoting: value.name)), \(type), exceeds the memory limit of \(limit) bytes",
          hint: "raise the memory limit or use smaller inputs")
      }
      if value.initializer == nil { largest = max(largest, own) }
    }
    return largest
  }

  /// Larger than the memory of any machine, with room for what a plan adds to a value: padding,
  /// packing and scratch memory.
  private static let addressableByteCount = 1 << 50
}

import InfoldGraph

extension Graph {
  /// Checks that the values whose sizes are known could lie in memory together, so that sums and products of sizes in a
  /// plan do not overflow.
  /// - Throws: `InfoldError` with `.limitExceeded`, naming the value.
  func requireAddressableValues() throws(InfoldError) {
    var sum = 0
    for value in values {
      guard let type = value.type, let sizes = type.shape?.sizes else { continue }
      // A size of 0 makes the tensor empty, and products of the other sizes still matter.
      let count = checkedProduct(sizes.lazy.filter { $0 > 0 }) ?? .max
      let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Double>.size)
      guard !overflow, bytes <= Self.addressableByteCount - (sizes.contains(0) ? 0 : sum) else {
        throw InfoldError(
          .limitExceeded, "the value \(String(quoting: value.name)), \(type), does not fit into memory")
      }
      if !sizes.contains(0) { sum += bytes }
    }
  }

  /// More than any machine can address, with room for what a plan adds to a value: padding, packing, scratch memory.
  private static let addressableByteCount = 1 << 50
}

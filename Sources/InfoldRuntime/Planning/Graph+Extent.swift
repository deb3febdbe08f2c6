import InfoldGraph
import InfoldSystem
import InfoldTensor

extension Graph {
  /// Checks that the values whose sizes are known could lie in memory together, so that sums and products of sizes in a
  /// plan do not overflow, and that each of them fits a limit.
  /// - Returns: The bytes of the largest that is no constant: constants may be in memory for others already.
  /// - Throws: `InfoldError` with `.limitExceeded`, naming the value.
  func requireAddressableValues(limit: Int) throws(InfoldError) -> Int {
    var sum = 0
    var largest = 0
    for value in values {
      guard let type = value.type, let sizes = type.shape?.sizes else { continue }
      // A size of 0 makes the tensor empty, and products of the other sizes still matter.
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
          "the value \(String(quoting: value.name)), \(type), does not fit the memory limit of \(limit) bytes",
          hint: "raise the memory limit, or make the inputs smaller")
      }
      if value.initializer == nil { largest = max(largest, own) }
    }
    return largest
  }

  /// More than any machine can address, with room for what a plan adds to a value: padding, packing, scratch memory.
  private static let addressableByteCount = 1 << 50
}

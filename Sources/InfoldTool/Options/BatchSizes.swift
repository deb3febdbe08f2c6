import ArgumentParser

/// Batch sizes, separated by commas: `1,8,32`.
struct BatchSizes: ExpressibleByArgument {
  /// The sizes in the given order, each at least 1 and without repetition.
  let sizes: [Int]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let sizes = parts.compactMap { part in part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(part) : nil }
    guard sizes.count == parts.count, sizes.allSatisfy({ (1...65536).contains($0) }), Set(sizes).count == sizes.count
    else { return nil }
    self.sizes = sizes
  }
}

import InfoldSystem

/// Collects the faults of a model that is only inspected. They would prevent running it.
final class FaultCollector {
  /// The faults in the order in which they were found.
  private(set) var found: [InfoldError] = []

  /// Adds a fault.
  func add(_ fault: InfoldError) { found.append(fault) }
}

extension FaultCollector? {
  /// Records a fault if there is a collector.
  /// - Throws: The fault if there is no collector, if the file is damaged, or if a limit is
  ///   exceeded.
  func note(_ fault: InfoldError) throws(InfoldError) {
    guard let self, fault.isFaultOfModel else { throw fault }
    self.add(fault)
  }
}

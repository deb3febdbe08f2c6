import InfoldSystem

/// What is wrong with a model that is only to be looked at, and would keep it from being run.
final class FaultCollector {
  /// In the order in which it was found.
  private(set) var found: [InfoldError] = []

  /// Adds what was found.
  func add(_ fault: InfoldError) { found.append(fault) }
}

extension FaultCollector? {
  /// Notes a fault, where there is a place for it.
  /// - Throws: The fault where there is none, and where the file is damaged or asks for too much.
  func note(_ fault: InfoldError) throws(InfoldError) {
    guard let self, fault.isFaultOfModel else { throw fault }
    self.add(fault)
  }
}

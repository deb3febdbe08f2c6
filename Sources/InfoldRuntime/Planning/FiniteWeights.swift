import InfoldTensor

/// Which weights hold finite numbers only, found out once for each in a plan.
final class FiniteWeights {
  private var known: [UInt64: Bool] = [:]

  /// Whether no number of a tensor of float32 is infinite or NaN.
  func contains(_ weight: Tensor) -> Bool {
    if let isFinite = known[weight.storageID] { return isFinite }
    let isFinite = weight.holdsFiniteNumbersOnly
    known[weight.storageID] = isFinite
    return isFinite
  }
}

extension Tensor {
  fileprivate var holdsFiniteNumbersOnly: Bool {
    withElements(as: Float.self) { numbers in
      // Without a branch, so that vectors can do it.
      var found: UInt32 = 0
      for index in numbers.indices {
        found |= numbers[index].bitPattern & 0x7F80_0000 == 0x7F80_0000 ? 1 : 0
      }
      return found == 0
    }
  }
}

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
    withUnsafeBytes { $0.assumingMemoryBound(to: Float.self).holdsFiniteNumbersOnly }
  }
}

extension UnsafeBufferPointer<Float> {
  /// Whether no number is infinite or NaN.
  var holdsFiniteNumbersOnly: Bool {
    // Without a branch, so that vectors can do it.
    var found: UInt32 = 0
    for index in indices { found |= self[index].bitPattern & 0x7F80_0000 == 0x7F80_0000 ? 1 : 0 }
    return found == 0
  }
}

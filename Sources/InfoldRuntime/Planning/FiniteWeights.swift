import InfoldTensor

/// Remembers, while a plan is made, which weights consist of finite numbers only.
final class FiniteWeights {
  private var known: [UInt64: Bool] = [:]

  /// Returns whether a float32 tensor contains neither infinities nor NaN.
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
  /// Whether no element is infinite or NaN.
  var holdsFiniteNumbersOnly: Bool {
    // Branch-free, so that the loop vectorizes.
    var found: UInt32 = 0
    for index in indices { found |= self[index].bitPattern & 0x7F80_0000 == 0x7F80_0000 ? 1 : 0 }
    return found == 0
  }
}

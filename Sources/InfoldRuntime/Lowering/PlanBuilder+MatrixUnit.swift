import InfoldKernelInterface
import InfoldSystem
import InfoldTensor

extension PlanBuilder {
  /// Packs weights for a matrix unit.
  ///
  /// - Parameters:
  ///   - form: Describes the format, with everything besides the weights that affects the result.
  ///   - count: The number of four-byte units of the packed weights.
  ///   - pack: Packs the weights, and returns whether they suit the factors.
  /// - Returns: `nil` if the weights do not suit the factors.
  mutating func packedForUnit(
    _ unit: MatrixUnit, of weight: Tensor, form: String, count: Int,
    _ pack: (UnsafeMutablePointer<Float>) -> Bool
  ) throws(InfoldError) -> Location? {
    // The weights are followed by a flag: 1 if they suit the factors.
    let constant = try packed.constant(
      of: [weight], form: "\(form), \(unit.kernels.name)\(unit.suffix)",
      byteCount: (count + 1) * MemoryLayout<Float>.stride
    ) { target in
      let target = target.assumingMemoryBound(to: Float.self)
      target[count] = pack(target) ? 1 : 0
    }
    return constant.floats[count] == 1 ? location(of: .packed(constant)) : nil
  }
}

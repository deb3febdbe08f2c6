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

  /// Returns the matrix unit for products with right sides that are packed in the run; `nil` if
  /// products of float32 numbers are expected to be faster.
  ///
  /// - Parameters:
  ///   - sides: The sizes of the right sides. The unit must suit all of them.
  ///   - rows: The number of rows of one image that are multiplied by a right side of its own; `nil`
  ///     if rows may be images of a batch.
  ///   - problem: What is computed, for tuning.
  mutating func unit(
    forProductsWith sides: [RightSideSizes], rows: Int?, _ problem: @autoclosure () -> String
  ) -> MatrixUnit? {
    guard let matrixUnit, sides.allSatisfy({ $0.inner <= MatrixUnit.lengthLimit }) else { return nil }
    let isExpected = sides.allSatisfy {
      cost.prefersMatrixUnit(matrixUnit, rows: rows, inner: $0.inner, packedColumns: $0.columns)
    }
    let (precision, workers) = (precision, sharers)
    let sizes = sides.map { "\(rows.map(String.init) ?? "any")x\($0.inner)x\($0.columns)" }.joined(separator: " ")
    let chosen = choose(
      .algorithm, "\(problem()) \(sizes) \(precision) \(workers) threads", among: ["float32", "matrix unit"],
      expected: isExpected ? 1 : 0)
    return chosen == 1 ? matrixUnit : nil
  }
}

/// The sizes of a right side that is packed in the run.
struct RightSideSizes {
  /// The number of rows, which is the number of products per result.
  let inner: Int
  let columns: Int
}

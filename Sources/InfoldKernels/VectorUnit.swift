#if INFOLD_BFLOAT16
  import CMachine
#endif

/// Vector instructions that multiply pairs of bfloat16 numbers, in place of a matrix unit.
struct VectorUnit {
  @inline(always)
  static var registerByteCount: Int { 0 }

  @inline(always)
  init(memory: UnsafeMutableRawPointer) {}

  /// The number of positions that are computed at a time. Rows beyond the last position are read.
  @inline(always)
  static var rowMultiple: Int { 8 }

  @inline(always)
  func prepare(rows: Int, columns: Int, pairs: Int, in memory: UnsafeMutableRawPointer) {}

  @inline(always)
  func release() {}
}

/// The sums of one position and 16 columns.
typealias PairSums = SIMD16<Float>

/// A pair of weights of each of 16 columns.
typealias WeightPairs = SIMD16<UInt32>

/// Adds to each sum the products of a pair of pixels with a pair of weights: first of the second
/// numbers, then of the first numbers. Each product is added with a single rounding. Subnormal
/// numbers count as zero, and subnormal results become zero.
@inline(always)
func addPairProducts(to sums: PairSums, _ pixels: UInt32, _ weights: WeightPairs) -> PairSums {
  #if INFOLD_BFLOAT16
    infold_add_pair_products(sums, pixels, unsafeBitCast(weights, to: SIMD8<Int64>.self))
  #else
    // Plain functions with the same bits, for tests (Intel 64 and IA-32 Architectures Software
    // Developer's Manual, VDPBF16PS).
    var results = sums
    for lane in 0..<16 {
      let high = EmulatedArithmetic.sum(
        sums[lane], UInt16(truncatingIfNeeded: pixels >> 16), UInt16(truncatingIfNeeded: weights[lane] >> 16))
      results[lane] = EmulatedArithmetic.sum(
        high, UInt16(truncatingIfNeeded: pixels), UInt16(truncatingIfNeeded: weights[lane]))
    }
    return results
  #endif
}

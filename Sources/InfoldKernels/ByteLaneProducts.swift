#if INFOLD_VNNI || INFOLD_AVX2
  import _Builtin_intrinsics.intel
#elseif INFOLD_NEON
  import _Builtin_intrinsics.arm.neon
#endif

/// Sums of products of bytes.
extension ByteSet {
  /// Adds to each sum the products of four unsigned bytes of `x` with four signed bytes of
  /// `weights`.
  @inline(__always)
  static func addProducts(to sums: Lanes, _ x: Lanes, _ weights: Lanes) -> Lanes {
    #if INFOLD_VNNI
      return _mm512_dpbusd_epi32(sums, x, weights)
    #elseif INFOLD_AVX2
      // Widened to 16 bits, because the instruction that multiplies bytes saturates the sums of two
      // products.
      let low = _mm256_madd_epi16(
        _mm256_and_si256(x, _mm256_set1_epi16(255)), _mm256_srai_epi16(_mm256_slli_epi16(weights, 8), 8))
      let high = _mm256_madd_epi16(_mm256_srli_epi16(x, 8), _mm256_srai_epi16(weights, 8))
      return _mm256_add_epi32(sums, _mm256_add_epi32(low, high))
    #elseif INFOLD_NEON
      // The instructions multiply signed bytes. So 128 is subtracted, and then added back as
      // twice 64.
      let half = Lanes(repeating: 0x4040_4040)
      let low = addSignedProducts(to: sums, withoutSign(x), weights)
      return addSignedProducts(to: addSignedProducts(to: low, half, weights), half, weights)
    #else
      @inline(__always)
      func product(_ shift: Int32) -> Lanes {
        let factor = (x &>> Lanes(repeating: shift)) & Lanes(repeating: 255)
        return factor &* ((weights &<< Lanes(repeating: 24 - shift)) &>> Lanes(repeating: 24))
      }
      return sums &+ product(0) &+ product(8) &+ product(16) &+ product(24)
    #endif
  }

  /// Does the same with fewer instructions, if each sum of two adjacent products fits 16 bits.
  @inline(__always)
  static func addNarrowProducts(to sums: Lanes, _ x: Lanes, _ weights: Lanes) -> Lanes {
    #if INFOLD_AVX2
      let pairs = _mm256_madd_epi16(_mm256_maddubs_epi16(x, weights), _mm256_set1_epi16(1))
      return _mm256_add_epi32(sums, pairs)
    #else
      return addProducts(to: sums, x, weights)
    #endif
  }

  /// Returns a vector that repeats the four bytes at `pointer`, in the form that `addFactors`
  /// takes.
  @inline(__always)
  static func factors(at pointer: UnsafePointer<UInt8>) -> Lanes {
    #if INFOLD_NEON
      withoutSign(repeated(pointer))
    #else
      repeated(pointer)
    #endif
  }

  /// Adds to each sum the products of four bytes from `factors` with four weights. The initial sums
  /// of a panel compensate for what `factors` subtracts.
  @inline(__always)
  static func addFactors(to sums: Lanes, _ factors: Lanes, _ weights: Lanes) -> Lanes {
    #if INFOLD_NEON
      // In this order, the instruction can take the four bytes of a lane as an operand.
      addSignedProducts(to: sums, weights, factors)
    #else
      addProducts(to: sums, factors, weights)
    #endif
  }

  #if INFOLD_NEON
    /// Subtracts 128 from unsigned bytes, which makes them signed.
    @inline(__always)
    static func withoutSign(_ x: Lanes) -> Lanes { x ^ Lanes(repeating: Int32(bitPattern: 0x8080_8080)) }

    /// Adds to each sum the products of four pairs of signed bytes.
    @inline(__always)
    static func addSignedProducts(to sums: Lanes, _ a: Lanes, _ b: Lanes) -> Lanes {
      let (a, b) = (unsafeBitCast(a, to: SIMD16<Int8>.self), unsafeBitCast(b, to: SIMD16<Int8>.self))
      #if INFOLD_DOTPROD
        return vdotq_s32(sums, a, b)
      #else
        let low = vpaddlq_s16(vmull_s8(vget_low_s8(a), vget_low_s8(b)))
        return sums &+ vpaddq_s32(low, vpaddlq_s16(vmull_high_s8(a, b)))
      #endif
    }
  #endif
}

#if INFOLD_VNNI || INFOLD_AVX2
  import _Builtin_intrinsics.intel
#elseif INFOLD_NEON
  import _Builtin_intrinsics.arm.neon
#endif

#if INFOLD_VNNI
  /// 16 integers of 32 bits, or 64 bytes.
  typealias Lanes = SIMD8<Int64>
#elseif INFOLD_AVX2
  /// 8 integers of 32 bits, or 32 bytes.
  typealias Lanes = SIMD4<Int64>
#else
  /// 4 integers of 32 bits, or 16 bytes.
  typealias Lanes = SIMD4<Int32>
#endif

/// What byte kernels do with vectors.
extension ByteSet {
  /// The integers of 32 bits in a vector: as many as floats.
  @inline(__always)
  static var laneCount: Int { Vector.scalarCount }

  /// The bytes of a vector.
  @inline(__always)
  static var laneBytes: Int { 4 * laneCount }

  @inline(__always)
  static func lanes(at pointer: UnsafeRawPointer) -> Lanes { pointer.loadUnaligned(as: Lanes.self) }

  /// The four bytes from `pointer` on, again and again.
  @inline(__always)
  static func repeated(_ pointer: UnsafePointer<UInt8>) -> Lanes {
    let four = UnsafeRawPointer(pointer).loadUnaligned(as: Int32.self)
    #if INFOLD_VNNI
      return _mm512_set1_epi32(four)
    #elseif INFOLD_AVX2
      return _mm256_set1_epi32(four)
    #else
      return Lanes(repeating: four)
    #endif
  }

  /// The same integer of 32 bits in every lane.
  @inline(__always)
  static func lanes(repeating value: Int32) -> Lanes {
    #if INFOLD_VNNI
      _mm512_set1_epi32(value)
    #elseif INFOLD_AVX2
      _mm256_set1_epi32(value)
    #else
      Lanes(repeating: value)
    #endif
  }

  /// Adds to each sum the products of four unsigned bytes of `x` with four signed ones of `weights`.
  @inline(__always)
  static func addProducts(to sums: Lanes, _ x: Lanes, _ weights: Lanes) -> Lanes {
    #if INFOLD_VNNI
      return _mm512_dpbusd_epi32(sums, x, weights)
    #elseif INFOLD_AVX2
      // Widened to 16 bits: the instruction that multiplies bytes bounds the sums of two products.
      let low = _mm256_madd_epi16(
        _mm256_and_si256(x, _mm256_set1_epi16(255)), _mm256_srai_epi16(_mm256_slli_epi16(weights, 8), 8))
      let high = _mm256_madd_epi16(_mm256_srli_epi16(x, 8), _mm256_srai_epi16(weights, 8))
      return _mm256_add_epi32(sums, _mm256_add_epi32(low, high))
    #elseif INFOLD_NEON
      // The instructions multiply signed bytes: 128 is taken off, and added as twice 64.
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

  /// The same by fewer instructions, where two products that stand together add up to 16 bits.
  @inline(__always)
  static func addNarrowProducts(to sums: Lanes, _ x: Lanes, _ weights: Lanes) -> Lanes {
    #if INFOLD_AVX2
      let pairs = _mm256_madd_epi16(_mm256_maddubs_epi16(x, weights), _mm256_set1_epi16(1))
      return _mm256_add_epi32(sums, pairs)
    #else
      return addProducts(to: sums, x, weights)
    #endif
  }

  /// The four bytes from `pointer` on, again and again, as `addFactors` takes them.
  @inline(__always)
  static func factors(at pointer: UnsafePointer<UInt8>) -> Lanes {
    #if INFOLD_NEON
      withoutSign(repeated(pointer))
    #else
      repeated(pointer)
    #endif
  }

  /// Adds to each sum the products of four bytes that `factors` has made with four weights. What the sums of a panel begin with makes up for
  /// what is taken off the bytes.
  @inline(__always)
  static func addFactors(to sums: Lanes, _ factors: Lanes, _ weights: Lanes) -> Lanes {
    #if INFOLD_NEON
      // In this order, the four bytes of a lane may be an operand of the instruction.
      addSignedProducts(to: sums, weights, factors)
    #else
      addProducts(to: sums, factors, weights)
    #endif
  }

  #if INFOLD_NEON
    /// Unsigned bytes less 128, which are signed ones.
    @inline(__always)
    static func withoutSign(_ x: Lanes) -> Lanes { x ^ Lanes(repeating: Int32(bitPattern: 0x8080_8080)) }

    /// Adds to each sum the products of four signed bytes each.
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

  @inline(__always)
  static func sum(_ a: Lanes, _ b: Lanes) -> Lanes {
    #if INFOLD_VNNI
      _mm512_add_epi32(a, b)
    #elseif INFOLD_AVX2
      _mm256_add_epi32(a, b)
    #else
      a &+ b
    #endif
  }

  /// The low 32 bits of the products of integers.
  @inline(__always)
  static func product(_ a: Lanes, _ b: Lanes) -> Lanes {
    #if INFOLD_VNNI
      _mm512_mullo_epi32(a, b)
    #elseif INFOLD_AVX2
      _mm256_mullo_epi32(a, b)
    #else
      a &* b
    #endif
  }

  @inline(__always)
  static func floats(_ integers: Lanes) -> Vector {
    #if INFOLD_VNNI
      _mm512_cvtepi32_ps(integers)
    #elseif INFOLD_AVX2
      _mm256_cvtepi32_ps(integers)
    #elseif INFOLD_NEON
      vcvtq_f32_s32(integers)
    #else
      Vector(Float(integers.x), Float(integers.y), Float(integers.z), Float(integers.w))
    #endif
  }

  /// The nearest integers to numbers between −2²² and 2²², halves to the even ones.
  @inline(__always)
  static func integers(_ numbers: Vector) -> Lanes {
    #if INFOLD_VNNI
      _mm512_cvtps_epi32(numbers)
    #elseif INFOLD_AVX2
      _mm256_cvtps_epi32(numbers)
    #elseif INFOLD_NEON
      vcvtnq_s32_f32(numbers)
    #else
      // Behind the sum's point there is no bit left.
      unsafeBitCast(numbers + Vector(repeating: 0x1.8p23), to: Lanes.self) &- Lanes(repeating: 0x4b40_0000)
    #endif
  }

  /// `numbers` bounded; `lower` for NaN.
  @inline(__always)
  static func clamped(_ numbers: Vector, _ lower: Vector, _ upper: Vector) -> Vector {
    #if INFOLD_VNNI
      _mm512_min_ps(_mm512_max_ps(numbers, lower), upper)
    #elseif INFOLD_AVX2
      _mm256_min_ps(_mm256_max_ps(numbers, lower), upper)
    #elseif INFOLD_NEON
      vminnmq_f32(vmaxnmq_f32(numbers, lower), upper)
    #else
      var result = lower
      result.replace(with: numbers, where: numbers .> lower)
      result.replace(with: upper, where: result .> upper)
      return result
    #endif
  }

  /// As many bytes as there are lanes, from `pointer` on.
  @inline(__always)
  static func bytes(at pointer: UnsafePointer<UInt8>) -> Lanes {
    #if INFOLD_VNNI
      return _mm512_cvtepu8_epi32(UnsafeRawPointer(pointer).loadUnaligned(as: SIMD2<Int64>.self))
    #elseif INFOLD_AVX2
      return _mm256_cvtepu8_epi32(SIMD2(UnsafeRawPointer(pointer).loadUnaligned(as: Int64.self), 0))
    #elseif INFOLD_NEON
      let four = UnsafeRawPointer(pointer).loadUnaligned(as: UInt32.self)
      let bytes = unsafeBitCast(SIMD2<UInt32>(four, 0), to: SIMD8<UInt8>.self)
      return unsafeBitCast(vmovl_u16(vget_low_u16(vmovl_u8(bytes))), to: Lanes.self)
    #else
      return Lanes(Int32(pointer[0]), Int32(pointer[1]), Int32(pointer[2]), Int32(pointer[3]))
    #endif
  }

  /// Writes integers from 0 to 255 as so many bytes.
  @inline(__always)
  static func store(_ integers: Lanes, at pointer: UnsafeMutablePointer<UInt8>, count: Int) {
    #if INFOLD_VNNI
      let bytes = _mm512_cvtepi32_epi8(integers)
      if count >= laneCount {
        UnsafeMutableRawPointer(pointer).storeBytes(of: bytes, as: SIMD2<Int64>.self)
      } else {
        _mm_mask_storeu_epi8(pointer, UInt16(truncatingIfNeeded: (1 &<< count) &- 1), bytes)
      }
    #elseif INFOLD_AVX2
      let words = _mm_packus_epi32(_mm256_castsi256_si128(integers), SIMD2(integers[2], integers[3]))
      let bytes = _mm_packus_epi16(words, words)[0]
      if count >= laneCount {
        UnsafeMutableRawPointer(pointer).storeBytes(of: bytes, as: Int64.self)
      } else {
        for lane in 0..<count {
          pointer[lane] = UInt8(truncatingIfNeeded: bytes &>> Int64(truncatingIfNeeded: 8 &* lane))
        }
      }
    #elseif INFOLD_NEON
      let words = vmovn_s32(integers)
      let bytes = unsafeBitCast(vmovn_s16(vcombine_s16(words, words)), to: SIMD2<UInt32>.self).x
      if count >= laneCount {
        UnsafeMutableRawPointer(pointer).storeBytes(of: bytes, as: UInt32.self)
      } else {
        for lane in 0..<count {
          pointer[lane] = UInt8(truncatingIfNeeded: bytes &>> UInt32(truncatingIfNeeded: 8 &* lane))
        }
      }
    #else
      for lane in 0..<min(count, laneCount) { pointer[lane] = UInt8(truncatingIfNeeded: integers[lane]) }
    #endif
  }

  /// The greater ones of unsigned bytes.
  @inline(__always)
  static func maximumBytes(_ a: Lanes, _ b: Lanes) -> Lanes {
    #if INFOLD_VNNI
      return _mm512_max_epu8(a, b)
    #elseif INFOLD_AVX2
      return _mm256_max_epu8(a, b)
    #elseif INFOLD_NEON
      return unsafeBitCast(
        vmaxq_u8(unsafeBitCast(a, to: SIMD16<UInt8>.self), unsafeBitCast(b, to: SIMD16<UInt8>.self)), to: Lanes.self)
    #else
      var result = Lanes.zero
      for shift: Int32 in [0, 8, 16, 24] {
        let mask = Lanes(repeating: 255)
        let first = (a &>> Lanes(repeating: shift)) & mask, second = (b &>> Lanes(repeating: shift)) & mask
        var greater = second
        greater.replace(with: first, where: first .> second)
        result = result | (greater &<< Lanes(repeating: shift))
      }
      return result
    #endif
  }

  /// Writes the first `count` bytes of a vector.
  @inline(__always)
  static func storeBytes(_ bytes: Lanes, at pointer: UnsafeMutablePointer<UInt8>, count: Int) {
    if count >= laneBytes {
      UnsafeMutableRawPointer(pointer).storeBytes(of: bytes, as: Lanes.self)
      return
    }
    #if INFOLD_VNNI
      _mm512_mask_storeu_epi8(pointer, (1 &<< UInt64(truncatingIfNeeded: count)) &- 1, bytes)
    #else
      var copy = bytes
      withUnsafeBytes(of: &copy) { source in
        for index in 0..<count { pointer[index] = source[index] }
      }
    #endif
  }

  /// Whether a number lies further than 0.499 from the integer that it is rounded to.
  @inline(__always)
  static func isNearHalf(_ numbers: Vector, _ integers: Lanes) -> Bool {
    let distance = numbers - floats(integers)
    #if INFOLD_VNNI
      let magnitude = _mm512_and_si512(unsafeBitCast(distance, to: Lanes.self), _mm512_set1_epi32(Int32.max))
      return _mm512_movepi32_mask(_mm512_sub_epi32(_mm512_set1_epi32(0x3eff_7cee), magnitude)) != 0
    #elseif INFOLD_AVX2
      let magnitude = _mm256_and_si256(unsafeBitCast(distance, to: Lanes.self), _mm256_set1_epi32(Int32.max))
      return _mm256_movemask_epi8(_mm256_cmpgt_epi32(magnitude, _mm256_set1_epi32(0x3eff_7cee))) != 0
    #elseif INFOLD_NEON
      return vmaxvq_u32(vcagtq_f32(distance, Vector(repeating: 0.499))) != 0
    #else
      let limit: Float = 0.499
      return abs(distance.x) > limit || abs(distance.y) > limit || abs(distance.z) > limit || abs(distance.w) > limit
    #endif
  }
}

#if INFOLD_AVX512 || INFOLD_AVX2
  import _Builtin_intrinsics.intel
#elseif INFOLD_NEON
  import _Builtin_intrinsics.arm.neon
#endif

#if INFOLD_AVX512
  /// 16 integers of 32 bits, or 64 bytes.
  typealias Lanes = SIMD8<Int64>
#elseif INFOLD_AVX2
  /// 8 integers of 32 bits, or 32 bytes.
  typealias Lanes = SIMD4<Int64>
#else
  /// 4 integers of 32 bits, or 16 bytes.
  typealias Lanes = SIMD4<Int32>
#endif

/// The vector operations of byte kernels.
extension ByteSet {
  /// The 32-bit integers in a vector. The number equals that of floats.
  @inline(__always)
  static var laneCount: Int { Vector.scalarCount }

  /// The bytes in a vector.
  @inline(__always)
  static var laneBytes: Int { 4 * laneCount }

  @inline(__always)
  static func lanes(at pointer: UnsafeRawPointer) -> Lanes { pointer.loadUnaligned(as: Lanes.self) }

  /// Returns a vector that repeats the four bytes at `pointer`.
  @inline(__always)
  static func repeated(_ pointer: UnsafePointer<UInt8>) -> Lanes {
    let four = UnsafeRawPointer(pointer).loadUnaligned(as: Int32.self)
    #if INFOLD_AVX512
      return _mm512_set1_epi32(four)
    #elseif INFOLD_AVX2
      return _mm256_set1_epi32(four)
    #else
      return Lanes(repeating: four)
    #endif
  }

  /// Returns a vector with the same 32-bit integer in each lane.
  @inline(__always)
  static func lanes(repeating value: Int32) -> Lanes {
    #if INFOLD_AVX512
      _mm512_set1_epi32(value)
    #elseif INFOLD_AVX2
      _mm256_set1_epi32(value)
    #else
      Lanes(repeating: value)
    #endif
  }

  @inline(__always)
  static func sum(_ a: Lanes, _ b: Lanes) -> Lanes {
    #if INFOLD_AVX512
      _mm512_add_epi32(a, b)
    #elseif INFOLD_AVX2
      _mm256_add_epi32(a, b)
    #else
      a &+ b
    #endif
  }

  /// Returns the low 32 bits of the products of integers.
  @inline(__always)
  static func product(_ a: Lanes, _ b: Lanes) -> Lanes {
    #if INFOLD_AVX512
      _mm512_mullo_epi32(a, b)
    #elseif INFOLD_AVX2
      _mm256_mullo_epi32(a, b)
    #else
      a &* b
    #endif
  }

  @inline(__always)
  static func floats(_ integers: Lanes) -> Vector {
    #if INFOLD_AVX512
      _mm512_cvtepi32_ps(integers)
    #elseif INFOLD_AVX2
      _mm256_cvtepi32_ps(integers)
    #elseif INFOLD_NEON
      vcvtq_f32_s32(integers)
    #else
      Vector(Float(integers.x), Float(integers.y), Float(integers.z), Float(integers.w))
    #endif
  }

  /// Rounds numbers between −2²² and 2²² to integers, ties to even.
  @inline(__always)
  static func integers(_ numbers: Vector) -> Lanes {
    #if INFOLD_AVX512
      _mm512_cvtps_epi32(numbers)
    #elseif INFOLD_AVX2
      _mm256_cvtps_epi32(numbers)
    #elseif INFOLD_NEON
      vcvtnq_s32_f32(numbers)
    #else
      // The sum has no fractional bits left.
      unsafeBitCast(numbers + Vector(repeating: 0x1.8p23), to: Lanes.self) &- Lanes(repeating: 0x4b40_0000)
    #endif
  }

  /// Clamps `numbers`. NaN becomes `lower`.
  @inline(__always)
  static func clamped(_ numbers: Vector, _ lower: Vector, _ upper: Vector) -> Vector {
    #if INFOLD_AVX512
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

  /// Loads one byte for each lane from `pointer` on.
  @inline(__always)
  static func bytes(at pointer: UnsafePointer<UInt8>) -> Lanes {
    #if INFOLD_AVX512
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

  /// Stores `count` integers from 0 to 255 as bytes.
  @inline(__always)
  static func store(_ integers: Lanes, at pointer: UnsafeMutablePointer<UInt8>, count: Int) {
    #if INFOLD_AVX512
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

  /// Returns the maxima of unsigned bytes.
  @inline(__always)
  static func maximumBytes(_ a: Lanes, _ b: Lanes) -> Lanes {
    #if INFOLD_AVX512
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

  /// Stores the first `count` bytes of a vector.
  @inline(__always)
  static func storeBytes(_ bytes: Lanes, at pointer: UnsafeMutablePointer<UInt8>, count: Int) {
    if count >= laneBytes {
      UnsafeMutableRawPointer(pointer).storeBytes(of: bytes, as: Lanes.self)
      return
    }
    #if INFOLD_AVX512
      _mm512_mask_storeu_epi8(pointer, (1 &<< UInt64(truncatingIfNeeded: count)) &- 1, bytes)
    #else
      var copy = bytes
      withUnsafeBytes(of: &copy) { source in
        for index in 0..<count { pointer[index] = source[index] }
      }
    #endif
  }

  /// Returns whether any number is more than 0.499 away from the integer that it was rounded to.
  @inline(__always)
  static func isNearHalf(_ numbers: Vector, _ integers: Lanes) -> Bool {
    let distance = numbers - floats(integers)
    #if INFOLD_AVX512
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

#if INFOLD_AVX512 || INFOLD_AVX2
  import _Builtin_intrinsics.intel
#elseif INFOLD_NEON
  import _Builtin_intrinsics.arm.neon
#endif

#if INFOLD_AVX512
  /// The index of the loaded element that each lane of a vector uses.
  typealias VectorLanes = SIMD16<Int32>
#elseif INFOLD_AVX2
  /// The index of the loaded element that each lane of a vector uses.
  typealias VectorLanes = SIMD8<Int32>
#else
  /// The index of the loaded element that each lane of a vector uses.
  typealias VectorLanes = SIMD4<Int32>
#endif

extension Vector {
  /// Gathers the elements from `pointer` on that `lanes` selects among the first `count`. A whole
  /// vector is loaded if there are as many.
  @inline(always)
  init(at pointer: UnsafePointer<Float>, count: Int, lanes: VectorLanes) {
    #if INFOLD_AVX512
      self = _mm512_permutexvar_ps(unsafeBitCast(lanes, to: SIMD8<Int64>.self), Vector(at: pointer, count: count))
    #elseif INFOLD_AVX2
      self = _mm256_permutevar8x32_ps(Vector(at: pointer, count: count), unsafeBitCast(lanes, to: SIMD4<Int64>.self))
    #elseif INFOLD_NEON
      // The four bytes of each selected element.
      let bytes = lanes &* VectorLanes(repeating: 0x0404_0404) &+ VectorLanes(repeating: 0x0302_0100)
      let numbers = unsafeBitCast(Vector(at: pointer, count: count), to: SIMD16<UInt8>.self)
      self = unsafeBitCast(vqtbl1q_u8(numbers, unsafeBitCast(bytes, to: SIMD16<UInt8>.self)), to: Vector.self)
    #else
      self.init(pointer[Int(lanes[0])], pointer[Int(lanes[1])], pointer[Int(lanes[2])], pointer[Int(lanes[3])])
    #endif
  }
}

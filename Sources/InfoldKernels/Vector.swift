#if INFOLD_AVX512 || INFOLD_AVX2
  import _Builtin_intrinsics.intel
#elseif INFOLD_NEON
  import _Builtin_intrinsics.arm.neon
#endif

#if INFOLD_AVX512
  /// The vector that kernels compute with.
  typealias Vector = SIMD16<Float>
#elseif INFOLD_AVX2
  /// The vector that kernels compute with.
  typealias Vector = SIMD8<Float>
  /// As many numbers in double precision.
  typealias DoubleVector = SIMD8<Double>
#else
  /// The vector that kernels compute with.
  typealias Vector = SIMD4<Float>
  /// As many numbers in double precision.
  typealias DoubleVector = SIMD4<Double>
#endif

extension Vector {
  /// sum + a · b: one instruction that rounds once where there is one; else it would become a library call per lane.
  @inline(__always)
  static func multiplyAdd(_ a: Vector, _ b: Vector, _ sum: Vector) -> Vector {
    // Intrinsics, though `addingProduct` becomes the same: to the optimizer it is a loop over the lanes, and takes most of its time.
    #if INFOLD_AVX512
      _mm512_fmadd_ps(a, b, sum)
    #elseif INFOLD_AVX2
      _mm256_fmadd_ps(a, b, sum)
    #elseif INFOLD_NEON
      vfmaq_f32(sum, a, b)
    #else
      sum + a * b
    #endif
  }

  /// The elements from `pointer` on, which needs no alignment.
  @inline(__always)
  init(at pointer: UnsafePointer<Float>) {
    self = UnsafeRawPointer(pointer).loadUnaligned(as: Vector.self)
  }

  /// Writes the elements from `pointer` on, which needs no alignment.
  @inline(__always)
  func store(at pointer: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: self, as: Vector.self)
  }
}

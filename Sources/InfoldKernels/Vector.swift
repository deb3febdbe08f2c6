#if INFOLD_AVX512 || INFOLD_AVX2
  import _Builtin_intrinsics.intel
#elseif INFOLD_NEON
  import _Builtin_intrinsics.arm.neon
#endif

#if INFOLD_AVX512
  /// The vector type of the kernels.
  typealias Vector = SIMD16<Float>
#elseif INFOLD_AVX2
  /// The vector type of the kernels.
  typealias Vector = SIMD8<Float>
  /// The same number of lanes in double precision.
  typealias DoubleVector = SIMD8<Double>
#else
  /// The vector type of the kernels.
  typealias Vector = SIMD4<Float>
  /// The same number of lanes in double precision.
  typealias DoubleVector = SIMD4<Double>
#endif

extension Vector {
  /// Returns sum + a · b, with a fused instruction if there is one. Otherwise fusing would become a
  /// library call for each lane.
  @inline(__always)
  static func multiplyAdd(_ a: Vector, _ b: Vector, _ sum: Vector) -> Vector {
    // Intrinsics. `addingProduct` compiles to the same code, but the optimizer sees a loop over
    // lanes, which dominates compile time.
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

  /// Loads the elements from `pointer` on. It need not be aligned.
  @inline(__always)
  init(at pointer: UnsafePointer<Float>) {
    self = UnsafeRawPointer(pointer).loadUnaligned(as: Vector.self)
  }

  /// Stores the elements from `pointer` on. It need not be aligned.
  @inline(__always)
  func store(at pointer: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: self, as: Vector.self)
  }
}

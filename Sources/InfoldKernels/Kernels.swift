public import InfoldKernelInterface

#if INFOLD_AVX512
  /// The kernels for processors with the instructions of x86-64-v4: AVX-512 F, BW, CD, DQ and VL.
  /// This set has only products and lane-wise kernels, which benefit from vectors of this width.
  public enum AVX512Kernels {}
  typealias Kernels = AVX512Kernels
#elseif INFOLD_AVX2
  /// The kernels for processors with AVX2 and FMA.
  public enum AVX2Kernels {}
  typealias Kernels = AVX2Kernels
#elseif INFOLD_NEON
  /// The kernels for processors with NEON, which all arm64 processors have.
  public enum NEONKernels {}
  typealias Kernels = NEONKernels
#else
  /// The kernels for all processors.
  public enum PortableKernels {}
  typealias Kernels = PortableKernels
#endif

#if INFOLD_AVX512
  extension Kernels: ConvolutionKernels, LanewiseKernels {}
#else
  extension Kernels: KernelSet {}
#endif

extension Kernels {
  public static var vectorWidth: Int { Vector.scalarCount }

  #if INFOLD_AVX512
    public static var name: String { "avx512" }
  #elseif INFOLD_AVX2
    public static var name: String { "avx2" }
  #elseif INFOLD_NEON
    public static var name: String { "neon" }
  #else
    public static var name: String { "portable" }
  #endif
}

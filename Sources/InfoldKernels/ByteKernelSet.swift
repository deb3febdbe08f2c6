public import InfoldKernelInterface

#if INFOLD_VNNI
  /// The kernels of quantized numbers for processors with AVX-512 and VNNI.
  public enum VNNIByteKernels {}
  typealias ByteSet = VNNIByteKernels
#elseif INFOLD_AVX2
  /// The kernels of quantized numbers for processors with AVX2.
  public enum AVX2ByteKernels {}
  typealias ByteSet = AVX2ByteKernels
#elseif INFOLD_DOTPROD
  /// The kernels of quantized numbers for arm64 processors with dot-product instructions
  /// (FEAT_DotProd, ARMv8.4).
  public enum DotProductByteKernels {}
  typealias ByteSet = DotProductByteKernels
#elseif INFOLD_NEON
  /// The kernels of quantized numbers for all arm64 processors.
  public enum NEONByteKernels {}
  typealias ByteSet = NEONByteKernels
#else
  /// The kernels of quantized numbers for all processors.
  public enum PortableByteKernels {}
  typealias ByteSet = PortableByteKernels
#endif

extension ByteSet: ByteKernels {
  #if INFOLD_VNNI
    public static var name: String { "avx512vnni" }
  #elseif INFOLD_AVX2
    public static var name: String { "avx2" }
  #elseif INFOLD_DOTPROD
    public static var name: String { "dotprod" }
  #elseif INFOLD_NEON
    public static var name: String { "neon" }
  #else
    public static var name: String { "portable" }
  #endif
}

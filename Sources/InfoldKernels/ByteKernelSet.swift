public import InfoldKernelInterface

#if INFOLD_VNNI
  /// The kernels of quantized numbers for processors with AVX-512 and its instructions for neural networks (VNNI).
  public enum VNNIByteKernels {}
  typealias ByteSet = VNNIByteKernels
#elseif INFOLD_AVX2
  /// The kernels of quantized numbers for processors with AVX2.
  public enum AVX2ByteKernels {}
  typealias ByteSet = AVX2ByteKernels
#else
  /// The kernels of quantized numbers for every processor.
  public enum PortableByteKernels {}
  typealias ByteSet = PortableByteKernels
#endif

extension ByteSet: ByteKernels {
  #if INFOLD_VNNI
    public static var name: String { "avx512vnni" }
  #elseif INFOLD_AVX2
    public static var name: String { "avx2" }
  #else
    public static var name: String { "portable" }
  #endif
}

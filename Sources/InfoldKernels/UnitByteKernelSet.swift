public import InfoldKernelInterface

#if INFOLD_AMX
  /// The products of quantized numbers for processors with AMX.
  public enum AMXByteKernels {}
  typealias UnitByteSet = AMXByteKernels
  /// The vector operations of byte kernels.
  enum ByteSet {}
#elseif INFOLD_AVX2
  /// The products of quantized numbers by a matrix unit whose instructions are computed by plain
  /// functions, for tests.
  public enum AVX2EmulatedUnitByteKernels {}
  typealias UnitByteSet = AVX2EmulatedUnitByteKernels
#else
  /// The products of quantized numbers by a matrix unit whose instructions are computed by plain
  /// functions, for tests.
  public enum NEONEmulatedUnitByteKernels {}
  typealias UnitByteSet = NEONEmulatedUnitByteKernels
#endif

extension UnitByteSet: ByteProductKernels {
  #if INFOLD_AMX
    public static var name: String { "amx" }
  #else
    public static var name: String { "emulated-amx" }
  #endif
}

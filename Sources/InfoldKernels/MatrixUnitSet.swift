public import InfoldKernelInterface

#if INFOLD_AMX
  /// The kernels for processors with AMX, which multiplies tiles of bfloat16 numbers.
  public enum AMXKernels {}
  typealias MatrixUnitSet = AMXKernels
  typealias Unit = AMXTileUnit
#elseif INFOLD_BFLOAT16
  /// The kernels for processors with AVX-512 BF16, which multiplies vectors of pairs of bfloat16
  /// numbers.
  public enum BFloat16Kernels {}
  typealias MatrixUnitSet = BFloat16Kernels
  typealias Unit = VectorUnit
#elseif INFOLD_AVX2
  /// The kernels of AMX with plain functions instead of its instructions, for tests.
  public enum AVX2EmulatedUnitKernels {}
  typealias MatrixUnitSet = AVX2EmulatedUnitKernels
  typealias Unit = EmulatedTileUnit
#elseif INFOLD_NEON
  /// The kernels of AMX with plain functions instead of its instructions, for tests.
  public enum NEONEmulatedUnitKernels {}
  typealias MatrixUnitSet = NEONEmulatedUnitKernels
  typealias Unit = EmulatedTileUnit
#else
  /// The kernels of AVX-512 BF16 with plain functions instead of its instructions, for tests.
  public enum PortableEmulatedUnitKernels {}
  typealias MatrixUnitSet = PortableEmulatedUnitKernels
  typealias Unit = VectorUnit
#endif

extension MatrixUnitSet: MatrixUnitKernels {
  #if INFOLD_AMX
    public static var name: String { "amx" }
  #elseif INFOLD_BFLOAT16
    public static var name: String { "avx512bf16" }
  #elseif INFOLD_AVX2 || INFOLD_NEON
    public static var name: String { "emulated-amx" }
  #else
    public static var name: String { "emulated-avx512bf16" }
  #endif

  public static var multipliesTiles: Bool {
    #if INFOLD_AMX || INFOLD_AVX2 || INFOLD_NEON
      true
    #else
      false
    #endif
  }
}

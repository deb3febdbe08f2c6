public import InfoldKernelInterface

#if INFOLD_AMX
  /// The kernels for processors with AMX, which multiplies tiles of bfloat16 numbers.
  public enum AMXKernels {}
  typealias MatrixUnitSet = AMXKernels
  typealias Unit = AMXTileUnit
#else
  #if INFOLD_AVX2
    /// The kernels of a matrix unit whose instructions are computed by plain functions, for tests.
    public enum AVX2EmulatedUnitKernels {}
    typealias MatrixUnitSet = AVX2EmulatedUnitKernels
  #elseif INFOLD_NEON
    /// The kernels of a matrix unit whose instructions are computed by plain functions, for tests.
    public enum NEONEmulatedUnitKernels {}
    typealias MatrixUnitSet = NEONEmulatedUnitKernels
  #else
    /// The kernels of a matrix unit whose instructions are computed by plain functions, for tests.
    public enum PortableEmulatedUnitKernels {}
    typealias MatrixUnitSet = PortableEmulatedUnitKernels
  #endif
  typealias Unit = EmulatedTileUnit
#endif

extension MatrixUnitSet: MatrixUnitKernels {
  #if INFOLD_AMX
    public static var name: String { "amx" }
  #else
    public static var name: String { "emulated amx" }
  #endif
}

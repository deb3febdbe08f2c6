import InfoldKernelInterface
import InfoldKernelsPortable

#if arch(x86_64)
  import CMachine
  import InfoldKernelsAMX
  import InfoldKernelsAVX2
  import InfoldKernelsAVX512
  import InfoldKernelsBFloat16
  import InfoldKernelsVNNI
#elseif arch(arm64)
  import CMachine
  import InfoldKernelsDotProduct
  import InfoldKernelsNEON
#endif

/// The complete kernel sets that this machine can run. Debug builds omit those that they do not optimize.
let kernelSets: [any KernelSet.Type] = {
  #if arch(x86_64)
    #if DEBUG
      if infold_has_avx2_fma() { return [AVX2Kernels.self] }
    #endif
    return [PortableKernels.self] + (infold_has_avx2_fma() ? [AVX2Kernels.self] : [])
  #elseif arch(arm64)
    #if DEBUG
      [NEONKernels.self]
    #else
      [PortableKernels.self, NEONKernels.self]
    #endif
  #else
    [PortableKernels.self]
  #endif
}()

/// The same, with the sets that only contain kernels for products, convolutions and lane-by-lane computations.
let convolutionKernelSets: [any ConvolutionKernels.Type] = lanewiseKernelSets

/// The kernel sets that compute lane by lane.
let lanewiseKernelSets: [any (ConvolutionKernels & LanewiseKernels).Type] = {
  #if arch(x86_64) && !DEBUG
    kernelSets + (infold_has_avx512() ? [AVX512Kernels.self] : [])
  #else
    kernelSets
  #endif
}()

/// The sets of quantized kernels that this machine can run.
let byteKernelSets: [any ByteKernels.Type] = {
  #if arch(x86_64)
    #if DEBUG
      if infold_has_avx2_fma() { return [AVX2ByteKernels.self] }
    #endif
    return [PortableByteKernels.self] + (infold_has_avx2_fma() ? [AVX2ByteKernels.self] : [])
      + (infold_has_avx512_vnni() ? [VNNIByteKernels.self] : [])
  #elseif arch(arm64)
    #if DEBUG
      [NEONByteKernels.self]
    #else
      [PortableByteKernels.self, NEONByteKernels.self]
        + (infold_has_dot_products() ? [DotProductByteKernels.self] : [])
    #endif
  #else
    [PortableByteKernels.self]
  #endif
}()

/// The kernels of matrix units: those whose instructions are plain functions, and those that this machine has.
let matrixUnitKernelSets: [any MatrixUnitKernels.Type] = {
  #if arch(x86_64)
    let emulated: [any MatrixUnitKernels.Type] = infold_has_avx2_fma() ? [AVX2EmulatedUnitKernels.self] : []
    #if DEBUG
      if !emulated.isEmpty { return emulated }
    #endif
    return [PortableEmulatedUnitKernels.self] + emulated
      + (infold_has_avx512_bfloat16() ? [BFloat16Kernels.self] : [])
      + (infold_has_amx_bfloat16() ? [AMXKernels.self] : [])
  #elseif arch(arm64)
    #if DEBUG
      [NEONEmulatedUnitKernels.self]
    #else
      [PortableEmulatedUnitKernels.self, NEONEmulatedUnitKernels.self]
    #endif
  #else
    [PortableEmulatedUnitKernels.self]
  #endif
}()

/// The kernels of matrix units for products of bytes.
let unitByteKernelSets: [any ByteProductKernels.Type] = {
  #if arch(x86_64)
    (infold_has_avx2_fma() ? [AVX2EmulatedUnitByteKernels.self] : [])
      + (infold_has_amx_int8() ? [AMXByteKernels.self] : [])
  #elseif arch(arm64)
    [NEONEmulatedUnitByteKernels.self]
  #else
    []
  #endif
}()

/// The complete kernel set that sessions combine with a set that only multiplies.
func companion(_ kernels: any ConvolutionKernels.Type) -> any KernelSet.Type {
  kernelSets.first { $0.name == kernels.name } ?? kernelSets.last!
}

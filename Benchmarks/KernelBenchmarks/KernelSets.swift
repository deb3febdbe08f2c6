import CMachine
import InfoldKernelInterface
import InfoldKernelsPortable

#if arch(x86_64)
  import InfoldKernelsAVX2
  import InfoldKernelsAVX512
#elseif arch(arm64)
  import InfoldKernelsNEON
#endif

/// The complete kernel sets that this machine supports.
let kernelSets: [any KernelSet.Type] = {
  #if arch(x86_64)
    (infold_has_avx2_fma() ? [AVX2Kernels.self] : []) + [PortableKernels.self]
  #elseif arch(arm64)
    [NEONKernels.self, PortableKernels.self]
  #else
    [PortableKernels.self]
  #endif
}()

/// All kernel sets that this machine supports, including those with products and convolutions only.
let convolutionKernelSets: [any ConvolutionKernels.Type] = {
  #if arch(x86_64)
    (infold_has_avx512() ? [AVX512Kernels.self] : []) + kernelSets
  #else
    kernelSets
  #endif
}()

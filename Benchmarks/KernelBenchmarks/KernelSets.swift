import CMachine
import InfoldKernelInterface
import InfoldKernelsPortable

#if arch(x86_64)
  import InfoldKernelsAVX2
  import InfoldKernelsAVX512
#endif

/// The kernels that this machine can run.
let kernelSets: [any KernelSet.Type] = {
  #if arch(x86_64)
    (infold_has_avx512() ? [AVX512Kernels.self] : []) + (infold_has_avx2_fma() ? [AVX2Kernels.self] : [])
      + [PortableKernels.self]
  #else
    [PortableKernels.self]
  #endif
}()

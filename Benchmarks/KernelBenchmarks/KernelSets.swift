import CMachine
import InfoldKernelInterface
import InfoldKernelsPortable

#if arch(x86_64)
  import InfoldKernelsAVX2
#endif

/// The kernels that this machine can run.
let kernelSets: [any KernelSet.Type] = {
  #if arch(x86_64)
    if infold_has_avx2_fma() { return [AVX2Kernels.self, PortableKernels.self] }
  #endif
  return [PortableKernels.self]
}()

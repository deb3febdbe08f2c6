import CMachine
import Glibc
import InfoldGraph
import InfoldKernelInterface
import InfoldKernelsPortable

#if arch(x86_64)
  import InfoldKernelsAVX2
#endif

/// Which kernels run on this machine.
enum KernelChoice {
  /// The environment variable that forces an instruction set.
  static let variable = "INFOLD_ISA"

  /// Every set that this machine can run, the best one first.
  static let available: [any KernelSet.Type] = {
    #if arch(x86_64)
      if infold_has_avx2_fma() { return [AVX2Kernels.self, PortableKernels.self] }
    #endif
    return [PortableKernels.self]
  }()

  /// The best set, or the one that the environment forces.
  /// - Throws: `InfoldError` with `.invalidArgument` when it forces one that this machine does not have.
  static func current() throws(InfoldError) -> any KernelSet.Type {
    guard let value = getenv(variable).map({ String(cString: $0) }), !value.isEmpty else { return available[0] }
    guard let forced = available.first(where: { $0.name == value }) else {
      throw InfoldError(
        .invalidArgument, "\(variable) is \(String(quoting: value)), and this machine has no kernels of that name",
        hint: "it has \(available.map { $0.name }.joined(separator: ", "))")
    }
    return forced
  }
}

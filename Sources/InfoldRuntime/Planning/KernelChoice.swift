import CMachine
import InfoldKernelInterface
import InfoldKernelsPortable
import InfoldSystem

#if arch(x86_64)
  import InfoldKernelsAVX2
  import InfoldKernelsAVX512
  import InfoldKernelsVNNI
#endif

/// Which kernels run on this machine.
package enum KernelChoice {
  /// The environment variable that forces an instruction set.
  static let variable = "INFOLD_ISA"

  /// Every set that this machine can run, the best one first.
  static let available: [any KernelSet.Type] = {
    #if arch(x86_64)
      var sets: [any KernelSet.Type] = [PortableKernels.self]
      if infold_has_avx2_fma() { sets.insert(AVX2Kernels.self, at: 0) }
      if infold_has_avx512() { sets.insert(AVX512Kernels.self, at: 0) }
      return sets
    #else
      return [PortableKernels.self]
    #endif
  }()

  /// The set with vectors half as wide; the same one where there is none.
  static func narrower(than set: any KernelSet.Type) -> any KernelSet.Type {
    #if arch(x86_64)
      if set == AVX512Kernels.self { return AVX2Kernels.self }
    #endif
    return set
  }

  /// The kernels of quantized numbers that belong to a set.
  static func bytes(for set: any KernelSet.Type) -> any ByteKernels.Type {
    #if arch(x86_64)
      if set == AVX512Kernels.self, infold_has_avx512_vnni() { return VNNIByteKernels.self }
      if set != PortableKernels.self { return AVX2ByteKernels.self }
    #endif
    return PortableByteKernels.self
  }

  /// The names of the sets that this machine can run, the best one first.
  package static var names: [String] { available.map { $0.name } }

  /// The name that the environment forces; `nil` when it forces none.
  static var forcedName: String? { Environment.variable(variable) }

  /// The set of this name; the best one when there is no name, or an empty one.
  /// - Throws: `InfoldError` with `.invalidArgument` when this machine has none of the name.
  static func set(named name: String?) throws(InfoldError) -> any KernelSet.Type {
    guard let name, !name.isEmpty else { return available[0] }
    guard let set = available.first(where: { $0.name == name }) else {
      throw InfoldError(
        .invalidArgument, "\(variable) is \(String(quoting: name)), and this machine has no kernels of that name",
        hint: "it has \(names.joined(separator: ", "))")
    }
    return set
  }
}

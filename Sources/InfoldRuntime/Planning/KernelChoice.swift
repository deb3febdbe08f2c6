import CMachine
import InfoldKernelInterface
import InfoldKernelsPortable
import InfoldSystem

#if arch(x86_64)
  import InfoldKernelsAVX2
  import InfoldKernelsAVX512
  import InfoldKernelsVNNI
#elseif arch(arm64)
  import InfoldKernelsDotProduct
  import InfoldKernelsNEON
#endif

/// The kernels that a session runs by, of an instruction set and those that go with it.
package struct KernelChoice: Sendable {
  /// Those for products, convolutions and Winograd's algorithm, which the choice is named after.
  let products: any ConvolutionKernels.Type
  /// Those for what computes lane by lane. The widest vectors are used where they are computed with at the full rate; the bits are the same.
  let lanewise: any LanewiseKernels.Type
  /// Those for everything else. Memory limits it: the widest vectors gain nothing, and lose at the ends of rows.
  let others: any KernelSet.Type
  /// Those for quantized numbers.
  let bytes: any ByteKernels.Type
  /// What plans know of the machine.
  var machine: MachineModel

  /// The environment variable that forces an instruction set.
  static let variable = "INFOLD_ISA"

  /// Every choice that this machine can run, the best one first.
  static let available: [KernelChoice] = {
    var choices = [
      KernelChoice(
        products: PortableKernels.self, lanewise: PortableKernels.self, others: PortableKernels.self,
        bytes: PortableByteKernels.self, machine: .portable)
    ]
    #if arch(x86_64)
      if infold_has_avx2_fma() {
        choices.insert(
          KernelChoice(
            products: AVX2Kernels.self, lanewise: AVX2Kernels.self, others: AVX2Kernels.self,
            bytes: AVX2ByteKernels.self,
            machine: MachineModel(products: AVX2Kernels.self, others: AVX2Kernels.self)), at: 0)
      }
      // A debug build optimizes the kernels for AVX2 alone.
      #if !DEBUG
        if infold_has_avx512() {
          let bytes: any ByteKernels.Type = infold_has_avx512_vnni() ? VNNIByteKernels.self : AVX2ByteKernels.self
          let machine = MachineModel(products: AVX512Kernels.self, others: AVX2Kernels.self)
          choices.insert(
            KernelChoice(
              products: AVX512Kernels.self, lanewise: machine.hasFullWidth ? AVX512Kernels.self : AVX2Kernels.self,
              others: AVX2Kernels.self, bytes: bytes, machine: machine), at: 0)
        }
      #endif
    #elseif arch(arm64)
      // A debug build optimizes the kernels for NEON alone.
      #if DEBUG
        let bytes: any ByteKernels.Type = NEONByteKernels.self
      #else
        let bytes: any ByteKernels.Type =
          infold_has_dot_products() ? DotProductByteKernels.self : NEONByteKernels.self
      #endif
      choices.insert(
        KernelChoice(
          products: NEONKernels.self, lanewise: NEONKernels.self, others: NEONKernels.self, bytes: bytes,
          machine: MachineModel(products: NEONKernels.self, others: NEONKernels.self)), at: 0)
    #endif
    return choices
  }()

  /// The names of the sets that this machine can run, the best one first.
  package static var names: [String] { available.map { $0.products.name } }

  /// The name that the environment forces; `nil` when it forces none.
  static var forcedName: String? { Environment.variable(variable) }
}

extension KernelChoice {
  /// The choice of this name; the best one when there is no name, or an empty one.
  /// - Throws: `InfoldError` with `.invalidArgument` when this machine has none of the name.
  init(named name: String?) throws(InfoldError) {
    guard let name, !name.isEmpty else {
      self = Self.available[0]
      return
    }
    guard let choice = Self.available.first(where: { $0.products.name == name }) else {
      throw InfoldError(
        .invalidArgument, "\(Self.variable) is \(String(quoting: name)), and this machine has no kernels of that name",
        hint: "it has \(Self.names.joined(separator: ", "))")
    }
    self = choice
  }
}

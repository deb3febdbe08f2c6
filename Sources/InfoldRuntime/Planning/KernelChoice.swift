import CMachine
import InfoldKernelInterface
import InfoldKernelsPortable
import InfoldSystem

#if arch(x86_64)
  import InfoldKernelsAMX
  import InfoldKernelsAVX2
  import InfoldKernelsAVX512
  import InfoldKernelsBFloat16
  import InfoldKernelsVNNI
#elseif arch(arm64)
  import InfoldKernelsDotProduct
  import InfoldKernelsNEON
#endif

/// The kernel sets of a session: those of one instruction set, and the sets that go with it.
package struct KernelChoice: Sendable {
  /// The name, such as `avx2`.
  package internal(set) var name: String
  /// Kernels for products, convolutions and Winograd's algorithm.
  let products: any ConvolutionKernels.Type
  /// Kernels that compute each lane independently. The widest vectors are used if they run at full
  /// rate; the bits are the same either way.
  let lanewise: any LanewiseKernels.Type
  /// All other floating-point kernels. They are memory-bound: the widest vectors would gain nothing
  /// and lose at the ends of rows.
  let others: any KernelSet.Type
  /// Kernels for quantized numbers.
  let bytes: any ByteKernels.Type
  /// Kernels for products of bfloat16 numbers; `nil` if the processor has no instructions that
  /// multiply them faster than float32 numbers.
  var matrixUnit: (any MatrixUnitKernels.Type)?
  /// Kernels of a matrix unit for products of quantized numbers; `nil` if there is none.
  var byteUnit: (any ByteProductKernels.Type)?
  /// The properties of the machine that plans use.
  var machine: MachineModel

  /// The environment variable that forces an instruction set.
  static let variable = "INFOLD_ISA"

  /// All choices that this machine can run, best first.
  static let available: [KernelChoice] = {
    var choices = [
      KernelChoice(
        name: PortableKernels.name, products: PortableKernels.self, lanewise: PortableKernels.self,
        others: PortableKernels.self,
        bytes: PortableByteKernels.self, machine: .portable)
    ]
    #if arch(x86_64)
      if infold_has_avx2_fma() {
        choices.insert(
          KernelChoice(
            name: AVX2Kernels.name, products: AVX2Kernels.self, lanewise: AVX2Kernels.self, others: AVX2Kernels.self,
            bytes: AVX2ByteKernels.self,
            machine: MachineModel(products: AVX2Kernels.self, others: AVX2Kernels.self)), at: 0)
      }
      // A debug build optimizes only the AVX2 kernels.
      #if !DEBUG
        if infold_has_avx512() {
          let bytes: any ByteKernels.Type = infold_has_avx512_vnni() ? VNNIByteKernels.self : AVX2ByteKernels.self
          let machine = MachineModel(products: AVX512Kernels.self, others: AVX2Kernels.self)
          choices.insert(
            KernelChoice(
              name: AVX512Kernels.name, products: AVX512Kernels.self,
              lanewise: machine.hasFullWidth ? AVX512Kernels.self : AVX2Kernels.self,
              others: AVX2Kernels.self, bytes: bytes, machine: machine), at: 0)
          if infold_has_avx512_bfloat16() {
            var choice = choices[0]
            (choice.name, choice.matrixUnit) = (BFloat16Kernels.name, BFloat16Kernels.self)
            choices.insert(choice, at: 0)
          }
          if infold_has_amx_bfloat16() || infold_has_amx_int8() {
            var choice = choices[0]
            choice.name = AMXKernels.name
            if infold_has_amx_bfloat16() { choice.matrixUnit = AMXKernels.self }
            if infold_has_amx_int8() { choice.byteUnit = AMXByteKernels.self }
            choices.insert(choice, at: 0)
          }
        }
      #endif
    #elseif arch(arm64)
      // A debug build optimizes only the NEON kernels.
      #if DEBUG
        let bytes: any ByteKernels.Type = NEONByteKernels.self
      #else
        let bytes: any ByteKernels.Type =
          infold_has_dot_products() ? DotProductByteKernels.self : NEONByteKernels.self
      #endif
      choices.insert(
        KernelChoice(
          name: NEONKernels.name, products: NEONKernels.self, lanewise: NEONKernels.self, others: NEONKernels.self,
          bytes: bytes,
          machine: MachineModel(products: NEONKernels.self, others: NEONKernels.self)), at: 0)
    #endif
    return choices
  }()

  /// The names of the kernel sets that this machine can run, best first.
  package static var names: [String] { available.map(\.name) }

  /// The name that the environment forces; `nil` for none.
  static var forcedName: String? { Environment.variable(variable) }
}

extension KernelChoice {
  /// Selects the choice with this name, or the best one if the name is `nil` or empty.
  ///
  /// - Throws: `InfoldError.Code.invalidArgument` if this machine has no such kernels.
  init(named name: String?) throws(InfoldError) {
    guard let name, !name.isEmpty else {
      self = Self.available[0]
      return
    }
    guard let choice = Self.available.first(where: { $0.name == name }) else {
      throw InfoldError(
        .invalidArgument, "\(Self.variable) is \(String(quoting: name)), but this machine has no such kernels",
        hint: "available kernels: \(Self.names.joined(separator: ", "))")
    }
    self = choice
  }
}

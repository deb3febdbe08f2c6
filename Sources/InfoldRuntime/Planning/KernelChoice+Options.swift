import CMachine
import InfoldKernelInterface
import InfoldKernelsPortable
import InfoldSystem

#if arch(x86_64)
  import InfoldKernelsAVX2
#elseif arch(arm64)
  import InfoldKernelsNEON
#endif

extension KernelChoice {
  /// Selects the choice with this name, or the best one, with an emulated matrix unit if the options
  /// or the name ask for it.
  ///
  /// - Throws: As `init(named:)`.
  init(named name: String?, _ options: SessionOptions) throws(InfoldError) {
    if let instructions = name.flatMap(SessionOptions.EmulatedInstructions.init) {
      try self.init(named: nil)
      emulate(instructions)
    } else {
      try self.init(named: name)
    }
    guard let emulation = options.emulatedUnit else { return }
    emulate(options.emulatedInstructions)
    machine.usesUnitWherePossible = emulation == .everywhere
  }

  /// Uses a matrix unit whose instructions are plain functions.
  private mutating func emulate(_ instructions: SessionOptions.EmulatedInstructions) {
    switch instructions {
    case .amx: (matrixUnit, byteUnit) = Self.emulatedUnit
    case .avx512BFloat16: (matrixUnit, byteUnit) = (PortableEmulatedUnitKernels.self, nil)
    }
    name += ", \(matrixUnit!.name)"
  }

  /// A matrix unit whose instructions are plain functions, if the processor has the instructions
  /// that these are compiled to.
  private static var emulatedUnit: ((any MatrixUnitKernels.Type)?, (any ByteProductKernels.Type)?) {
    #if arch(x86_64)
      if infold_has_avx2_fma() { return (AVX2EmulatedUnitKernels.self, AVX2EmulatedUnitByteKernels.self) }
    #elseif arch(arm64)
      return (NEONEmulatedUnitKernels.self, NEONEmulatedUnitByteKernels.self)
    #endif
    return (PortableEmulatedUnitKernels.self, nil)
  }
}

extension SessionOptions.Precision {
  /// Returns whether no other precision gives the same results on this machine. Without a matrix
  /// unit, `bfloat16` is computed as `fast`.
  package func isDistinct(_ options: SessionOptions) -> Bool {
    self != .bfloat16 || (try? KernelChoice(named: KernelChoice.forcedName, options))?.matrixUnit != nil
  }
}

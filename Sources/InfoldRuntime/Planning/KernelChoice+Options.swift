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
    let unit: any MatrixUnitKernels.Type =
      switch instructions {
      case .amx: Self.emulatedTiles
      case .avx512BFloat16: PortableEmulatedUnitKernels.self
      }
    name += ", \(unit.name)"
    matrixUnit = unit
  }

  /// A matrix unit whose instructions are plain functions, if there is one for this processor.
  private static var emulatedTiles: any MatrixUnitKernels.Type {
    #if arch(x86_64)
      infold_has_avx2_fma() ? AVX2EmulatedUnitKernels.self : PortableEmulatedUnitKernels.self
    #elseif arch(arm64)
      NEONEmulatedUnitKernels.self
    #else
      PortableEmulatedUnitKernels.self
    #endif
  }
}

extension SessionOptions.Precision {
  /// Returns whether no other precision gives the same results on this machine. Without a matrix
  /// unit, `bfloat16` is computed as `fast`.
  package func isDistinct(_ options: SessionOptions) -> Bool {
    self != .bfloat16 || (try? KernelChoice(named: KernelChoice.forcedName, options))?.matrixUnit != nil
  }
}

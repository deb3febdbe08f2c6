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
  /// ask for it.
  ///
  /// - Throws: As `init(named:)`.
  init(named name: String?, _ options: SessionOptions) throws(InfoldError) {
    try self.init(named: name)
    guard let emulation = options.emulatedUnit else { return }
    self.name += ", emulated"
    matrixUnit = Self.emulatedUnit
    byteUnit = Self.emulatedByteUnit
    machine.usesUnitWherePossible = emulation == .everywhere
  }

  /// A matrix unit whose instructions are plain functions.
  private static var emulatedUnit: any MatrixUnitKernels.Type {
    #if arch(x86_64)
      infold_has_avx2_fma() ? AVX2EmulatedUnitKernels.self : PortableEmulatedUnitKernels.self
    #elseif arch(arm64)
      NEONEmulatedUnitKernels.self
    #else
      PortableEmulatedUnitKernels.self
    #endif
  }

  /// Products of bytes by the same unit.
  private static var emulatedByteUnit: any ByteProductKernels.Type {
    #if arch(x86_64)
      infold_has_avx2_fma() ? AVX2EmulatedUnitByteKernels.self : PortableEmulatedUnitByteKernels.self
    #elseif arch(arm64)
      NEONEmulatedUnitByteKernels.self
    #else
      PortableEmulatedUnitByteKernels.self
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

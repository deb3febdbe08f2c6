import CMachine
import InfoldKernelInterface
import InfoldSystem

/// What plans know of the machine that they are made for. It is read and not measured, so that plans of one machine, and the
/// results of those, are always the same.
struct MachineModel: Sendable {
  /// The bytes of a core's second-level cache.
  var secondLevelCache: Int
  /// Whether the vectors of the product kernels are multiplied as fast as the shorter ones of the others. Some processors take
  /// wide vectors in two halves.
  var hasFullWidth: Bool

  /// What portable kernels suppose, so that their plans are the same on every machine.
  static let portable = MachineModel(secondLevelCache: 1 << 20, hasFullWidth: false)
}

extension MachineModel {
  /// This machine, for kernels of two widths.
  init(products: any ConvolutionKernels.Type, others: any ConvolutionKernels.Type) {
    secondLevelCache = min(max(CacheSizes.secondLevel ?? 1 << 20, 1 << 18), 1 << 23)
    hasFullWidth = products.vectorWidth > others.vectorWidth && infold_has_full_rate_avx512()
  }
}

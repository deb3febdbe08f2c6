import CMachine
import InfoldKernelInterface
import InfoldSystem

/// The properties of the machine that plans use. They are looked up, not measured, so that plans
/// and results on one machine are always the same.
struct MachineModel: Sendable {
  /// The size of a core's second-level cache, in bytes.
  var secondLevelCache: Int
  /// Whether the vectors of the product kernels are multiplied at the same rate as the shorter
  /// vectors of the other kernels. Some processors split wide vectors into halves.
  var hasFullWidth: Bool
  /// Whether a matrix unit computes every layer that it can, even if it is slower. For tests.
  var usesUnitWherePossible = false

  /// The assumptions for portable kernels, which give the same plans on every machine.
  static let portable = MachineModel(secondLevelCache: 1 << 20, hasFullWidth: false)
}

extension MachineModel {
  /// Describes this machine for kernels of two vector widths.
  init(products: any ConvolutionKernels.Type, others: any ConvolutionKernels.Type) {
    secondLevelCache = min(max(CacheSizes.secondLevel ?? 1 << 20, 1 << 18), 1 << 23)
    hasFullWidth = products.vectorWidth > others.vectorWidth && infold_has_full_rate_avx512()
  }
}

import InfoldKernelInterface

/// The kernels of a matrix unit, and the bfloat16 numbers that they multiply.
struct MatrixUnit: Sendable {
  let kernels: any MatrixUnitKernels.Type
  let factors: BFloat16Factors

  /// - Returns: `nil` if there is no such unit, or if the precision requires products of float32
  ///   numbers.
  init?(_ kernels: (any MatrixUnitKernels.Type)?, _ precision: SessionOptions.Precision) {
    guard let kernels else { return nil }
    self.kernels = kernels
    switch precision {
    case .exact: return nil
    case .fast: factors = .split
    case .bfloat16: factors = .rounded
    }
  }

  /// The addition to the name of an algorithm in plans.
  var suffix: String {
    switch factors {
    case .rounded: ", bfloat16"
    case .split: ", split bfloat16"
    }
  }

  /// The maximum number of products per result. Scratch memory and the number of roundings grow
  /// with it.
  static var lengthLimit: Int { 1 << 16 }
}

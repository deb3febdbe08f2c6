/// The kind of work that an operator does, for drawings, totals and lists.
public enum OperatorFamily: String, CaseIterable, Sendable {
  /// Sums of products: convolutions, matrix products, recurrent layers.
  case product
  /// Operators that bring numbers to a common scale.
  case normalization
  /// Nonlinear functions applied to the results of layers.
  case activation
  /// Other element-wise operators: arithmetic, comparisons, logic, conversions.
  case arithmetic
  /// Operators that reduce several numbers to one, in a window or along axes.
  case pool
  /// Operators that move elements or return shapes.
  case movement
  /// Operators that convert between floats and quantized numbers.
  case quantization
  /// Everything else.
  case other

  /// The title in legends.
  public var title: String {
    switch self {
    case .product: "convolutions, products"
    case .normalization: "normalizations"
    case .activation: "activations"
    case .arithmetic: "arithmetic"
    case .pool: "pools, reductions"
    case .movement: "movements"
    case .quantization: "quantization"
    case .other: "others"
    }
  }
}

/// What operators do, as drawings, totals and lists tell them apart.
public enum OperatorFamily: String, CaseIterable, Sendable {
  /// Sums of products: convolutions, matrix products, recurrent layers.
  case product
  /// What brings numbers to a common size.
  case normalization
  /// The functions that stand behind layers.
  case activation
  /// What computes element by element beside that: arithmetic, comparisons, logic, conversions.
  case arithmetic
  /// What makes one number of several: of those in a window, or along axes.
  case pool
  /// What takes numbers from one place to another, or asks for shapes.
  case movement
  /// What makes quantized numbers of floats, and floats of those.
  case quantization
  /// Everything else.
  case other

  /// What a legend calls it.
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

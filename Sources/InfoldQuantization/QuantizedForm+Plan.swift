import InfoldGraph

extension QuantizedForm {
  /// Whether requantization can clip the result at no cost.
  var takesBounds: Bool {
    switch self {
    case .convolution, .product, .addition: true
    case .quantizedProduct, .concatenation, .average, .movement, .function: false
    }
  }

  /// The axis of the output channels in the weights.
  var weightAxis: Int {
    if case .product(let axis) = self { axis } else { 0 }
  }
}

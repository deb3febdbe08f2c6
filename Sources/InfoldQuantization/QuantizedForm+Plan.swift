import InfoldGraph

extension QuantizedForm {
  /// Whether clipping the result can be absorbed at no cost.
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

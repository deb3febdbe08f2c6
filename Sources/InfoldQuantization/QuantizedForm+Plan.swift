import InfoldGraph

extension QuantizedForm {
  /// Whether what bounds the result costs nothing.
  var takesBounds: Bool {
    switch self {
    case .convolution, .product, .addition: true
    case .quantizedProduct, .concatenation, .average, .movement, .function: false
    }
  }

  /// The axis of the weights along which the output channels lie.
  var weightAxis: Int {
    if case .product(let axis) = self { axis } else { 0 }
  }
}

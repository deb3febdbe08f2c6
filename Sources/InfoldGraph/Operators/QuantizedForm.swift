/// In what way an operator can compute with quantized numbers, between DequantizeLinear and QuantizeLinear.
///
/// From it follows what is quantized in a float network, and what is computed with the quantized numbers in a quantized one.
public enum QuantizedForm: Sendable, Hashable {
  /// A convolution with the attributes and inputs of Conv: the output channels are the first dimension of the weights.
  case convolution
  /// A product of rows with a matrix, the second input, whose output channels lie along this axis; a bias may stand behind it.
  case product(outputAxis: Int)
  /// The same of quantized numbers, with the inputs of QLinearMatMul.
  case quantizedProduct
  /// A sum of two values, where the node has two.
  case addition
  /// Several values, one behind the other.
  case concatenation
  /// Means of numbers, which are quantized and computed with floats.
  case average
  /// What takes numbers of the first input from one place to another, or the greatest of some, and needs no scale of its own.
  case movement
  /// A function of each number of the first input, the other ones being constants: a table of its results.
  case function
}

extension Node {
  /// What the operator has to do with quantized numbers; `nil` for nothing.
  package var quantizationRole: QuantizationRole? { typed.flatMap { type(of: $0).quantizationRole } }
}

/// What an operator has to do with quantized numbers.
public enum QuantizationRole: Sendable, Hashable {
  /// It makes them of floats, the first input, by the scale and the zero point that stand behind it.
  case quantizes
  /// It makes floats of them, the first input, by the scale and the zero point that stand behind it.
  case dequantizes
  /// It computes with them, or makes them by scales of its own.
  case computes
}

/// How an operator can compute with quantized numbers between DequantizeLinear and QuantizeLinear.
///
/// It determines which nodes of a float model are quantized, and which nodes of a quantized model
/// compute with integers.
public enum QuantizedForm: Sendable, Hashable {
  /// A convolution with the attributes and inputs of Conv. The first dimension of the weight is the
  /// output channels.
  case convolution
  /// A product of rows with a matrix, the second input, whose output channels are this axis. A bias
  /// may follow as the third input.
  case product(outputAxis: Int)
  /// A product of quantized numbers with the inputs of QLinearMatMul.
  case quantizedProduct
  /// A sum of two values, if the node has two inputs.
  case addition
  /// A concatenation of several values.
  case concatenation
  /// An average, which is quantized but computed in float.
  case average
  /// A rearrangement or selection of elements of the first input, or a maximum of some, which needs
  /// no scale of its own.
  case movement
  /// A function of each element of the first input, with constants as other inputs: a lookup table.
  case function
}

extension Node {
  /// The operator's role in quantized models; `nil` if it has none.
  package var quantizationRole: QuantizationRole? { typed.flatMap { type(of: $0).quantizationRole } }
}

/// The role of an operator in quantized models.
public enum QuantizationRole: Sendable, Hashable {
  /// Quantizes the first input. The scale and the zero point are the next inputs.
  case quantizes
  /// Dequantizes the first input. The scale and the zero point are the next inputs.
  case dequantizes
  /// Computes with quantized numbers, or chooses scales itself.
  case computes
}

import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX ConvInteger, opset 10: the convolution of integers of 8 bits, less their zero points, in int32.
///
/// x [N, C, D1, …], w [M, C / group, k1, …], as Conv; the optional zero points are a scalar for x, which is also what padding
/// means, and a scalar or a list [M] for w. The sums wrap around.
package struct ConvInteger: IntegerConvolution {
  package static let name = "ConvInteger"
  package static let versions = [10]
  package static let family = OperatorFamily.product
  package static let quantizationRole: QuantizationRole? = .computes
  package static func elementTypes(since version: Int) -> ElementTypeSet { .bytes }
  package static func arity(since version: Int) -> Arity { Arity(inputs: 2...4) }

  static let weightInput = 1

  /// The convolution.
  package let convolution: Conv

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let (x, weight) = try operandShapes(inputs)
    try inputs.requireSameElementType([0, 2])
    try inputs.requireSameElementType([1, 3])
    try inputs.requireOneElement(2)
    try inputs.requireFilterParameters(3, weight: weight)
    return [TensorType(.int32, try convolution.outputShape(x, weight, bias: nil))]
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let x = try inputs[0]!.centered(around: inputs.count > 2 ? inputs[2] : nil, along: -1)
    let weight = try inputs[1]!.centered(
      around: inputs.count > 3 ? inputs[3] : nil, along: -inputs[1]!.shape.count)
    return [try convolution.convolved(x, weight, bias: nil, as: Int32.self)]
  }
}

/// A convolution of integers of 8 bits.
protocol IntegerConvolution: Operator {
  /// Which input the weight is.
  static var weightInput: Int { get }
  /// The convolution.
  var convolution: Conv { get }

  /// The operator for a convolution.
  init(convolution: Conv)
}

extension IntegerConvolution {
  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    self.init(convolution: try Conv(&attributes))
  }

  /// The shapes of x and of the weight.
  /// - Throws: `InfoldError` with `.invalidModel` for other element types or numbers of dimensions.
  func operandShapes(_ inputs: OperatorInputs) throws(InfoldError) -> (x: Shape?, weight: Shape?) {
    for index in [0, Self.weightInput] { try inputs.requireRank(3...5, of: index) }
    return (try inputs.type(0, of: .bytes).shape, try inputs.type(Self.weightInput, of: .bytes).shape)
  }

  /// Y's elements, each a sum over the channels of a group and the window, padding included.
  package func multiplyAccumulates(inputs: [TensorType?], outputs: [TensorType?]) -> Int? {
    convolution.multiplyAccumulates(inputs: [inputs[0], inputs[Self.weightInput]], outputs: outputs)
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    .axes(inputs) { $0 == 0 }
  }
}

extension OperatorInputs {
  /// Checks that input `index`, a scale or a zero point, is a scalar, or a list with an element for each filter of `weight`.
  /// - Throws: `InfoldError` with `.invalidModel` where it does not fit.
  func requireFilterParameters(_ index: Int, weight: Shape?) throws(InfoldError) {
    guard has(index), let given = types[index]?.shape, given.rank != 0, given != [1] else { return }
    try requireRank(1...1, of: index)
    guard let filters = weight?[0], filters.merged(with: given[0]) == nil else { return }
    throw InfoldError(
      .invalidModel, "input \(index) has \(counted(given[0], "element")), and there are \(counted(filters, "filter"))")
  }
}

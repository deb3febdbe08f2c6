import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX ConvInteger, opset 10: the convolution of 8-bit integers minus their zero points, in int32.
///
/// x is [N, C, D1, …] and w is [M, C / group, k1, …], as for Conv. The optional zero points are a
/// scalar for x, which is also the value of padding, and a scalar or a list [M] for w. Sums wrap
/// around.
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

/// A convolution of 8-bit integers.
protocol IntegerConvolution: Operator {
  /// The index of the weight among the inputs.
  static var weightInput: Int { get }
  /// The convolution.
  var convolution: Conv { get }

  /// Creates the operator of a convolution.
  init(convolution: Conv)
}

extension IntegerConvolution {
  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    self.init(convolution: try Conv(&attributes))
  }

  /// Returns the shapes of x and of the weight.
  /// - Throws: `InfoldError.Code.invalidModel` for an unsupported rank, or `.unsupported` for an
  ///   unsupported element type.
  func operandShapes(_ inputs: OperatorInputs) throws(InfoldError) -> (x: Shape?, weight: Shape?) {
    for index in [0, Self.weightInput] { try inputs.requireRank(3...5, of: index) }
    return (try inputs.type(0, of: .bytes).shape, try inputs.type(Self.weightInput, of: .bytes).shape)
  }

  /// Counts the elements of Y, each a sum over the channels of a group and the window, including
  /// padding.
  package func multiplyAccumulates(inputs: [TensorType?], outputs: [TensorType?]) -> Int? {
    convolution.multiplyAccumulates(inputs: [inputs[0], inputs[Self.weightInput]], outputs: outputs)
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    .axes(inputs) { $0 == 0 }
  }
}

extension OperatorInputs {
  /// Checks that input `index`, a scale or a zero point, is a scalar or a list with one element for
  /// each filter of `weight`.
  /// - Throws: `InfoldError.Code.invalidModel` if it is not.
  func requireFilterParameters(_ index: Int, weight: Shape?) throws(InfoldError) {
    guard has(index), let given = types[index]?.shape, given.rank != 0, given != [1] else { return }
    try requireRank(1...1, of: index)
    guard let filters = weight?[0], filters.merged(with: given[0]) == nil else { return }
    throw InfoldError(
      .invalidModel,
      "shape mismatch: input \(index) has \(counted(given[0], "element")) for \(counted(filters, "filter"))")
  }
}

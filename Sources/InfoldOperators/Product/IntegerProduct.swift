import InfoldGraph
import InfoldSystem
import InfoldTensor

extension ElementTypeSet {
  /// The types whose products ConvInteger, MatMulInteger, QLinearConv and QLinearMatMul add up.
  static let bytes = ElementTypeSet([.int8, .uint8])
}

extension OperatorInputs {
  /// Checks that input `parameter`, a scale or a zero point, is a scalar, or has an element for each slice of input `data` along
  /// `axis`, counted from the end: a list, or a tensor that is broadcast to the data.
  /// - Throws: `InfoldError` with `.invalidModel` where it does not fit.
  func requireParameters(_ parameter: Int, of data: Int, along axis: Int) throws(InfoldError) {
    guard has(parameter), let given = types[parameter]?.shape, let shape = types[data]?.shape else { return }
    let isOpenList = given.rank == 1 && given[0].size == nil
    guard !isOpenList, let sizes = given.sizes else { return }
    _ = try shape.broadcast(receiving: Shape(parameterShape(sizes, along: axis)))
  }
}

/// The shape with which a scale or zero point of the shape `sizes` is broadcast: a list goes along `axis`, counted from the end.
func parameterShape(_ sizes: [Int], along axis: Int) -> [Int] {
  sizes == [1] ? [] : sizes.count == 1 ? sizes + Array(repeating: 1, count: -1 - axis) : sizes
}

/// An operator whose results are sums over the last dimension of its first input.
protocol MatrixProductOperator: Operator {}

extension MatrixProductOperator {
  /// Y's elements, each a sum over the inner size.
  package func multiplyAccumulates(inputs: [TensorType?], outputs: [TensorType?]) -> Int? {
    guard let output = outputs[0]?.shape?.sizes, let inner = inputs[0]?.shape?.sizes?.last else { return nil }
    return checkedProduct(output + [inner])
  }
}

extension OperatorInputs {
  /// Checks the inputs of an operator on quantized numbers: a, its scale and zero point, b, its scale and zero point, and the scale and
  /// zero point of the result, which are scalars.
  /// - Returns: The types of a, of b, and of the result's elements.
  func quantizedOperands(
    scales: ElementTypeSet = .floatingPoint
  ) throws(InfoldError) -> (a: TensorType, b: TensorType, result: ElementType) {
    let a = try type(0, of: .bytes), b = try type(3, of: .bytes), result = try type(7, of: .bytes)
    for index in [1, 4, 6] { _ = try type(index, of: scales) }
    try requireSameElementType([0, 2])
    try requireSameElementType([3, 5])
    for index in 6...7 { try requireOneElement(index) }
    return (a, b, result.elementType)
  }
}

extension Tensor {
  /// The elements less a zero point, in int32. A list of zero points goes along `axis`, counted from the end.
  func centered(around zeroPoint: Tensor?, along axis: Int) throws(InfoldError) -> Tensor {
    let values = try cast(to: .int32)
    guard let zeroPoint else { return values }
    let aligned = try zeroPoint.cast(to: .int32).reshaped(to: parameterShape(zeroPoint.shape, along: axis))
    return try .broadcasting(values, aligned) { (x: Int32, zeroPoint: Int32) in x &- zeroPoint }
  }

  /// These sums of products in the type of `zeroPoint`: multiplied by `scale`, which is broadcast, rounded to nearest, a half to
  /// the even one, and with the zero point added, bounded to what the type can hold.
  /// - Precondition: The elements are int32, those of `scale` float64, and the zero point is one element.
  func requantized(by scale: Tensor, zeroPoint: Tensor) throws(InfoldError) -> Tensor {
    let offset = try zeroPoint.doubles().elements(as: Double.self)[0]
    return try Tensor.broadcasting(self, scale) { (sum: Int32, scale: Double) in
      (Double(sum) * scale).rounded(.toNearestOrEven) + offset
    }.cast(to: zeroPoint.elementType)
  }

  /// The factor that brings sums of products of quantized numbers to the scale of the result: `a` · `b` ÷ `y`, broadcast.
  /// - Precondition: All are of floating-point types, and `y` is one element.
  static func requantizationScale(_ a: Tensor, _ b: Tensor, _ y: Tensor) throws(InfoldError) -> Tensor {
    let divisor = try y.doubles().elements(as: Double.self)[0]
    return try .broadcasting(a.doubles(), b.doubles()) { (a: Double, b: Double) in a * b / divisor }
  }
}

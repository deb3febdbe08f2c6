import InfoldGraph
import InfoldSystem
import InfoldTensor

extension ElementTypeSet {
  /// The element types of ConvInteger, MatMulInteger, QLinearConv and QLinearMatMul.
  static let bytes = ElementTypeSet([.int8, .uint8])
}

extension OperatorInputs {
  /// Checks that input `parameter`, a scale or a zero point, is a scalar or has one element for
  /// each slice of input `data` along `axis`, which counts from the end. It may be a list, or a
  /// tensor that broadcasts to the data.
  /// - Throws: `InfoldError.Code.invalidModel` if it does not match.
  func requireParameters(_ parameter: Int, of data: Int, along axis: Int) throws(InfoldError) {
    guard has(parameter), let given = types[parameter]?.shape, let shape = types[data]?.shape else { return }
    let isOpenList = given.rank == 1 && given[0].size == nil
    guard !isOpenList, let sizes = given.sizes else { return }
    _ = try shape.broadcast(receiving: Shape(parameterShape(sizes, along: axis)))
  }
}

/// Returns the shape that broadcasts a scale or zero point of shape `sizes`. A list extends along
/// `axis`, which counts from the end.
func parameterShape(_ sizes: [Int], along axis: Int) -> [Int] {
  sizes == [1] ? [] : sizes.count == 1 ? sizes + Array(repeating: 1, count: -1 - axis) : sizes
}

/// An operator whose results are sums over the last dimension of its first input.
protocol MatrixProductOperator: Operator {}

extension MatrixProductOperator {
  /// Counts the elements of Y, each a sum over the inner size.
  package func multiplyAccumulates(inputs: [TensorType?], outputs: [TensorType?]) -> Int? {
    guard let output = outputs[0]?.shape?.sizes, let inner = inputs[0]?.shape?.sizes?.last else { return nil }
    return checkedProduct(output + [inner])
  }
}

extension OperatorInputs {
  /// Checks the inputs of a quantized operator: a with its scale and zero point, b with its scale
  /// and zero point, and the scale and zero point of the result, which are scalars.
  /// - Returns: The types of a and b, and the element type of the result.
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
  /// Returns the elements minus a zero point, in int32. A list of zero points extends along `axis`,
  /// which counts from the end.
  func centered(around zeroPoint: Tensor?, along axis: Int) throws(InfoldError) -> Tensor {
    let values = try cast(to: .int32)
    guard let zeroPoint else { return values }
    let aligned = try zeroPoint.cast(to: .int32).reshaped(to: parameterShape(zeroPoint.shape, along: axis))
    return try .broadcasting(values, aligned) { (x: Int32, zeroPoint: Int32) in x &- zeroPoint }
  }

  /// Converts sums of products to the type of `zeroPoint`: multiplied by `scale`, which is
  /// broadcast, rounded to nearest with ties to even, plus the zero point, and clamped to the range
  /// of the type.
  /// - Precondition: The elements are int32, those of `scale` are float64, and the zero point has
  ///   one element.
  func requantized(by scale: Tensor, zeroPoint: Tensor) throws(InfoldError) -> Tensor {
    let offset = try zeroPoint.doubles().elements(as: Double.self)[0]
    return try Tensor.broadcasting(self, scale) { (sum: Int32, scale: Double) in
      (Double(sum) * scale).rounded(.toNearestOrEven) + offset
    }.cast(to: zeroPoint.elementType)
  }

  /// Returns the factor that requantizes sums of products to the scale of the result: `a` · `b` ÷
  /// `y`, broadcast.
  /// - Precondition: All types are floating-point, and `y` has one element.
  static func requantizationScale(_ a: Tensor, _ b: Tensor, _ y: Tensor) throws(InfoldError) -> Tensor {
    let divisor = try y.doubles().elements(as: Double.self)[0]
    return try .broadcasting(a.doubles(), b.doubles()) { (a: Double, b: Double) in a * b / divisor }
  }
}

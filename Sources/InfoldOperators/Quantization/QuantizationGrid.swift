import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Over which elements of a tensor one scale and one zero point hold: all of them, those at one position along an axis (since
/// opset 13), or a block of neighbours along it (since opset 21).
struct QuantizationGrid: Sendable, Hashable {
  private let axis: Int?
  private let blockSize: Int

  /// One scale and one zero point for all elements.
  static let single = QuantizationGrid()

  private init() {
    axis = nil
    blockSize = 0
  }

  /// Reads `axis` and `block_size`.
  init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = attributes.version < 13 ? nil : try attributes.int("axis") ?? 1
    blockSize = attributes.version < 21 ? 0 : try attributes.int("block_size") ?? 0
    guard blockSize >= 0 else {
      throw InfoldError(.invalidModel, "block_size is \(blockSize), and must not be negative")
    }
  }

  /// The axis along which lists of parameters go; `nil` where there are none, or where they hold for blocks.
  var listAxis: Int? { blockSize > 0 ? nil : axis }

  private static func isSingle(_ parameters: Shape) -> Bool {
    parameters.rank <= 1 && parameters.allSatisfy { $0 == 1 }
  }

  /// Checks the shapes of the scale, input 1, and of the zero point, input 2, against that of the data, input 0.
  /// - Throws: `InfoldError` with `.invalidModel` where they do not fit.
  func check(_ inputs: OperatorInputs) throws(InfoldError) {
    guard let scale = inputs.types[1]?.shape else { return }
    if inputs.has(2), let zeroPoint = inputs.types[2]?.shape, zeroPoint.merged(with: scale) == nil,
      !(Self.isSingle(scale) && Self.isSingle(zeroPoint))
    {
      throw InfoldError(
        .invalidModel, "the scale has the shape \(scale), and the zero point \(zeroPoint); they must be equal")
    }
    let isOpenList = scale.rank == 1 && scale[0].size == nil
    guard !isOpenList, !Self.isSingle(scale) else { return }
    guard let axis, blockSize > 0 || scale.rank == 1 else {
      throw InfoldError(
        .invalidModel, "the scale has the shape \(scale); it must be a scalar\(axis == nil ? "" : ", or a list")")
    }
    guard let x = inputs.types[0]?.shape else { return }
    let place = try normalizedAxis(axis, rank: x.rank)
    var expected: Shape = [x[place]]
    if blockSize > 0 {
      expected = x
      expected[place] = x[place].size.map { .fixed($0 / blockSize + ($0 % blockSize == 0 ? 0 : 1)) } ?? .unknown
    }
    guard scale.merged(with: expected) != nil else {
      throw InfoldError(
        .invalidModel,
        "the scale has the shape \(scale), and must have \(expected), or be a scalar, for data of shape \(x)")
    }
  }

  /// How the axes of data go over into those of the quantized or dequantized ones.
  func axisMapping(_ inputs: OperatorInputs) -> AxisMapping {
    guard let x = inputs.types[0]?.shape, let scale = inputs.sizes(1) else { return .unknown }
    if Self.isSingle(Shape(scale)) { return .everyAxis(inputs) }
    guard let axis, let place = try? normalizedAxis(axis, rank: x.rank) else { return .unknown }
    return AxisMapping(
      x.indices.compactMap { axis in
        if blockSize > 0 {
          return axis == place ? nil : IndependentAxis(inputs: [axis, axis, axis], outputs: [axis])
        }
        return axis == place ? IndependentAxis(inputs: [axis, 0, 0], outputs: [axis]) : IndependentAxis(axis)
      })
  }

  /// For each element of data of `shape`, which of parameters of the shape `parameters` holds.
  /// - Precondition: `check` has accepted the shapes, and the data has elements.
  func parameter(_ parameters: [Int], in shape: [Int]) throws(InfoldError) -> (Int) -> Int {
    guard let axis, !Self.isSingle(Shape(parameters)) else { return { _ in 0 } }
    let place = try normalizedAxis(axis, rank: shape.count)
    let inner = shape[(place + 1)...].reduce(1, *), size = shape[place]
    guard blockSize > 0 else { return { $0 / inner % size } }
    let blocks = parameters[place], blockSize = blockSize
    return { ($0 / (inner * size) * blocks + $0 / inner % size / blockSize) * inner + $0 % inner }
  }
}

extension Tensor {
  /// A tensor of float64 whose elements `compute` makes of this one's, and of the scale and the zero point that hold for each;
  /// a zero point that is left out is 0.
  /// - Precondition: All are of numeric types, and `grid` has accepted their shapes.
  func mapped(
    with scale: Tensor, _ zeroPoint: Tensor?, by grid: QuantizationGrid, _ compute: (Double, Double, Double) -> Double
  ) throws(InfoldError) -> Tensor {
    var result = try doubles()
    guard count > 0 else { return result }
    let scales: [Double] = try scale.doubles().elements()
    let zeroPoints: [Double] = try zeroPoint?.doubles().elements() ?? [0]
    let scaleOf = try grid.parameter(scale.shape, in: shape)
    let zeroPointOf = try grid.parameter(zeroPoint?.shape ?? [], in: shape)
    try result.withMutableSpan(as: Double.self) { result in
      for index in result.indices {
        result[index] = compute(result[index], scales[scaleOf(index)], zeroPoints[zeroPointOf(index)])
      }
    }
    return result
  }
}

extension Tensor {
  /// (x − zero point) · scale, rounded once to `type`.
  func dequantized(
    by scale: Tensor, _ zeroPoint: Tensor?, _ grid: QuantizationGrid, to type: ElementType
  ) throws(InfoldError) -> Tensor {
    try mapped(with: scale, zeroPoint, by: grid) { x, scale, zeroPoint in (x - zeroPoint) * scale }.converted(to: type)
  }

  /// The nearest integer to x ÷ scale, a half to the even one, plus the zero point, bounded to what `type` can hold. The quotient is
  /// rounded to the type `rounded`.
  func quantized(
    by scale: Tensor, _ zeroPoint: Tensor?, _ grid: QuantizationGrid, to type: ElementType, rounded: ElementType
  ) throws(InfoldError) -> Tensor {
    try doubles().converted(to: rounded)
      .mapped(with: scale.doubles().converted(to: rounded), nil, by: grid) { x, scale, _ in x / scale }
      .converted(to: rounded)
      .mapped(with: scale, zeroPoint, by: grid) { quotient, _, zeroPoint in
        quotient.rounded(.toNearestOrEven) + zeroPoint
      }.cast(to: type)
  }
}

/// The scales with which quantized numbers are computed by kernels: those whose reciprocals, and whose products with numbers of 8 bits,
/// are usual numbers too.
package let usualScales: ClosedRange<Float> = 1e-30...1e30

extension ElementTypeSet {
  /// The types of quantized data that Infold holds: integers of 8 bits, and since opset 21 of 16 and 4 bits.
  static func quantized(since version: Int) -> ElementTypeSet {
    ElementTypeSet(version < 21 ? [.int8, .uint8] : [.int8, .uint8, .int16, .uint16, .int4, .uint4])
  }
}

extension AttributeReader {
  /// The attribute `name`, which is the number of an element type, or 0 for none.
  mutating func optionalElementType(_ name: String) throws(InfoldError) -> ElementType? {
    try int(name) == 0 ? nil : try elementType(name)
  }
}

import InfoldGraph
import InfoldSystem
import InfoldTensor

/// The granularity of scales and zero points: one for the whole tensor, one for each position along
/// an axis (since opset 13), or one for each block of neighbors along it (since opset 21).
struct QuantizationGrid: Sendable, Hashable {
  private let axis: Int?
  private let blockSize: Int

  /// One scale and one zero point for the whole tensor.
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
      throw InfoldError(.invalidModel, "block_size is \(blockSize) but must not be negative")
    }
  }

  /// The axis of lists of scales and zero points; `nil` if they are scalars or apply to blocks.
  var listAxis: Int? { blockSize > 0 ? nil : axis }

  private static func isSingle(_ parameters: Shape) -> Bool {
    parameters.rank <= 1 && parameters.allSatisfy { $0 == 1 }
  }

  /// Checks the shapes of the scale, input 1, and the zero point, input 2, against that of the
  /// data, input 0.
  /// - Throws: `InfoldError.Code.invalidModel` if they do not match.
  func check(_ inputs: OperatorInputs) throws(InfoldError) {
    guard let scale = inputs.types[1]?.shape else { return }
    if inputs.has(2), let zeroPoint = inputs.types[2]?.shape, zeroPoint.merged(with: scale) == nil,
      !(Self.isSingle(scale) && Self.isSingle(zeroPoint))
    {
      throw InfoldError(
        .invalidModel, "shape mismatch: the scale is \(scale), but the zero point is \(zeroPoint)")
    }
    let isOpenList = scale.rank == 1 && scale[0].size == nil
    guard !isOpenList, !Self.isSingle(scale) else { return }
    guard let axis, blockSize > 0 || scale.rank == 1 else {
      throw InfoldError(
        .invalidModel, "the scale has the shape \(scale) but must be a scalar\(axis == nil ? "" : " or a list")")
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
        "the scale has the shape \(scale) but must be \(expected) or a scalar for data of shape \(x)")
    }
  }

  /// Returns how the axes of the data map to those of the quantized or dequantized data.
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

  /// Returns a function from an element's offset in data of `shape` to the index of its parameter
  /// in a tensor of shape `parameters`.
  /// - Precondition: `check` has accepted the shapes, and the data is not empty.
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
  /// Returns the float64 results of `compute` for each element with its scale and zero point. A
  /// missing zero point is 0.
  /// - Precondition: All types are numeric, and `grid` has accepted the shapes.
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
  /// Returns (x − zero point) · scale, rounded once to `type`.
  func dequantized(
    by scale: Tensor, _ zeroPoint: Tensor?, _ grid: QuantizationGrid, to type: ElementType
  ) throws(InfoldError) -> Tensor {
    try mapped(with: scale, zeroPoint, by: grid) { x, scale, zeroPoint in (x - zeroPoint) * scale }.converted(to: type)
  }

  /// Returns x ÷ scale, rounded to nearest with ties to even, plus the zero point, clamped to the
  /// range of `type`. The quotient is first rounded to the type `rounded`.
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

/// The scales for which kernels compute quantized numbers. Their reciprocals and their products
/// with 8-bit numbers are normal floating-point numbers.
package let kernelScales: ClosedRange<Float> = 1e-30...1e30

extension ElementTypeSet {
  /// Returns the supported types of quantized data: 8-bit integers and, since opset 21, 16-bit and
  /// 4-bit integers.
  static func quantized(since version: Int) -> ElementTypeSet {
    ElementTypeSet(version < 21 ? [.int8, .uint8] : [.int8, .uint8, .int16, .uint16, .int4, .uint4])
  }
}

extension AttributeReader {
  /// Returns the attribute `name` as an element type. The number 0 means none.
  mutating func optionalElementType(_ name: String) throws(InfoldError) -> ElementType? {
    try int(name) == 0 ? nil : try elementType(name)
  }
}

import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Split, opsets 1, 2, 11, 13, 18: the input split into parts along one axis.
///
/// `split` lists the sizes of the parts. It is an attribute until opset 11 and an input since opset
/// 13 (and, in opset 1, an input of the data's own type). Without it, the parts are equal. Since
/// opset 18, their number is `num_outputs`, and the last parts are smaller if the size is not
/// divisible.
package struct Split: ElementMovingOperator, MappedOperator {
  package static let name = "Split"
  package static let versions = [1, 2, 11, 13, 18]
  package static let compatibleVersions = [11]
  package static func arity(since version: Int) -> Arity {
    Arity(inputs: 1...((2..<13).contains(version) ? 1 : 2), outputs: 1...Arity.any)
  }

  /// The axis. Negative values count from the end.
  package let axis: Int
  private let split: [Int]?
  private let partCount: Int?
  private let version: Int

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    version = attributes.version
    axis = try attributes.int("axis") ?? 0
    split = version < 13 ? try attributes.ints("split") : nil
    partCount = version >= 18 ? try attributes.int("num_outputs") : nil
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0)
    let given = try givenSizes(inputs)
    guard let shape = x.shape else {
      return Array(repeating: TensorType(x.elementType, nil), count: inputs.outputCount)
    }
    let axis = try normalizedAxis(axis, rank: shape.rank)
    let dimensions = try dimensions(of: shape[axis], given: given, inputs)
    return dimensions.map { dimension in
      var part = shape
      part[axis] = dimension
      return TensorType(x.elementType, part)
    }
  }

  /// Returns the sizes that the model gives, or `nil` if it gives none or they are unknown before
  /// it runs.
  private func givenSizes(_ inputs: OperatorInputs) throws(InfoldError) -> [Int]? {
    if version >= 18, inputs.has(1) == (partCount != nil) {
      throw InfoldError(
        .invalidModel, "exactly one of the input \"split\" and the attribute num_outputs is required")
    }
    if split != nil, inputs.has(1) {
      throw InfoldError(.invalidModel, "\"split\" is both an attribute and an input")
    }
    if let partCount, partCount != inputs.outputCount {
      throw InfoldError(
        .invalidModel, "num_outputs is \(partCount), but the node has \(counted(inputs.outputCount, "output"))")
    }
    guard let sizes = if let split { split } else { try sizesFromInput(inputs) } else { return nil }
    guard sizes.count == inputs.outputCount else {
      throw InfoldError(
        .invalidModel,
        "split has \(counted(sizes.count, "size")), but the node has \(counted(inputs.outputCount, "output"))")
    }
    if let size = sizes.first(where: { $0 < 0 }) {
      throw InfoldError(.invalidModel, "split has the negative size \(size)")
    }
    return sizes
  }

  private func sizesFromInput(_ inputs: OperatorInputs) throws(InfoldError) -> [Int]? {
    guard inputs.has(1) else { return nil }
    guard version < 2 else { return try inputs.integers(1, of: .int64) }
    _ = try inputs.type(1, of: .floatingPoint)
    try inputs.requireSameElementType(0...1)
    guard let tensor = inputs.constant(1) else { return nil }
    let sizes = try tensor.converted(to: .float64).elements(as: Double.self)
    return try sizes.map { (size) throws(InfoldError) in
      guard let whole = Int(exactly: size) else {
        throw InfoldError(.invalidModel, "split has the size \(size), which is not an integer")
      }
      return whole
    }
  }

  /// Returns the dimensions of the parts along the axis.
  private func dimensions(
    of whole: Dimension, given: [Int]?, _ inputs: OperatorInputs
  ) throws(InfoldError) -> [Dimension] {
    let count = inputs.outputCount
    if let given {
      let sum = try Dimension.sum(given.map(Dimension.fixed))
      guard whole.merged(with: sum) != nil else {
        throw InfoldError(.invalidModel, "the sizes in split add up to \(sum), but the dimension is \(whole)")
      }
      return given.map(Dimension.fixed)
    }
    guard !inputs.has(1), let size = whole.size else {
      return count == 1 ? [whole] : Array(repeating: .unknown, count: count)
    }
    guard size % count == 0 || partCount != nil else {
      throw InfoldError(.invalidModel, "a dimension of size \(size) is not divisible into \(count) equal parts")
    }
    let part = size / count + (size % count == 0 ? 0 : 1)
    return (0..<count).map { .fixed(max(0, min(part, size - $0 * part))) }
  }

  package func indexMaps(_ inputs: OperatorInputs) throws(InfoldError) -> [IndexMap]? {
    guard let sizes = inputs.sizes(0) else { return nil }
    let axis = try normalizedAxis(axis, rank: sizes.count)
    let strides = rowMajorStrides(sizes)
    var start = 0
    var maps: [IndexMap] = []
    for type in try inferOutputs(inputs) {
      guard let size = type.shape?[axis].size else { return nil }
      var map = IndexMap(identityOf: sizes)
      map.start = start
      map.axes[axis] = .strided(count: size, by: strides[axis])
      maps.append(map)
      start += size * strides[axis]
    }
    return maps
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let rank = inputs.types[0]?.shape?.rank, let axis = try? normalizedAxis(axis, rank: rank) else {
      return .unknown
    }
    return .axes(inputs, outputs: outputs.count) { $0 != axis }
  }
}

extension Split {
  package var quantizedForm: QuantizedForm? { .movement }
}

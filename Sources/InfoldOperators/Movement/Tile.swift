import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Tile, opsets 1, 6, 13: the input repeated along its dimensions.
///
/// Since opset 6, `repeats` is an int64 list with one number for each dimension. In opset 1, the
/// inputs `tiles` and `axis` are scalars of the input's own floating-point type.
package struct Tile: ElementMovingOperator, MappedOperator {
  package static let name = "Tile"
  package static let versions = [1, 6, 13]
  package static func elementTypes(since version: Int) -> ElementTypeSet { version < 6 ? .floatingPoint : .all }
  package static func arity(since version: Int) -> Arity { Arity(version < 6 ? 3 : 2) }

  private let repeatsOneAxis: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    repeatsOneAxis = attributes.version < 6
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0)
    let repeats = try repeats(inputs, rank: x.shape?.rank)
    guard let repeats else { return [TensorType(x.elementType, x.shape.map { Shape(unknownOfRank: $0.rank) })] }
    var output = x.shape ?? Shape(unknownOfRank: repeats.count)
    guard repeats.count == output.rank else {
      throw InfoldError(
        .invalidModel,
        "shape mismatch: repeats has \(counted(repeats.count, "element")) for an input with \(counted(output.rank, "dimension"))"
      )
    }
    for axis in output.indices {
      if let count = repeats[axis].size, count < 0 {
        throw InfoldError(.invalidModel, "repeats is \(count) for axis \(axis) but must not be negative")
      }
      output[axis] = try .product([output[axis], repeats[axis]])
    }
    return [TensorType(x.elementType, output)]
  }

  private func repeats(_ inputs: OperatorInputs, rank: Int?) throws(InfoldError) -> [Dimension]? {
    guard repeatsOneAxis else { return try inputs.dimensions(1) }
    try inputs.requireSameElementType(0...2)
    let count = try integer(inputs, 1), axis = try integer(inputs, 2)
    guard let rank else { return nil }
    guard let axis else { return Array(repeating: .unknown, count: rank) }
    var repeats = [Dimension](repeating: 1, count: rank)
    repeats[try normalizedAxis(axis, rank: rank)] = count.map(Dimension.fixed) ?? .unknown
    return repeats
  }

  private func integer(_ inputs: OperatorInputs, _ index: Int) throws(InfoldError) -> Int? {
    _ = try inputs.type(index, of: .floatingPoint)
    guard let tensor = inputs.constant(index) else { return nil }
    let value = try tensor.converted(to: .float64).elements(as: Double.self)
    guard value.count == 1, let integer = Int(exactly: value[0]) else {
      throw InfoldError(.invalidModel, "input \(index) is \(value) but must be a single integer")
    }
    return integer
  }

  package func indexMaps(_ inputs: OperatorInputs) throws(InfoldError) -> [IndexMap]? {
    guard let sizes = inputs.sizes(0), let shape = try inferOutputs(inputs)[0].shape?.sizes else { return nil }
    let inner = IndexMap(identityOf: sizes).axes
    let axes = shape.indices.flatMap { axis in
      [.strided(count: shape[axis] / max(sizes[axis], 1), by: 0), inner[axis]]
    }
    return [IndexMap(axes: axes)]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let sizes = inputs.sizes(0), let result = outputs.first??.shape?.sizes else { return .unknown }
    return .axes(inputs) { sizes[$0] == result[$0] }
  }
}

extension Tile {
  package var quantizedForm: QuantizedForm? { .movement }
}

import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Slice, opsets 1, 10, 11, 13: a range of positions along some of the axes.
///
/// `starts`, `ends` and `axes` are attributes in opset 1. Since opset 10, they and `steps` are
/// inputs, int32 or int64. Negative positions count from the end, positions out of bounds are
/// clamped, and a negative step goes backward.
package struct Slice: ElementMovingOperator, MappedOperator {
  package static let name = "Slice"
  package static let versions = [1, 10, 11, 13]
  package static let compatibleVersions = [11, 13]
  package static func arity(since version: Int) -> Arity { version < 10 ? Arity(1) : Arity(inputs: 3...5) }

  private let starts: ListArgument
  private let ends: ListArgument
  private let axes: ListArgument
  private let steps: ListArgument

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    if attributes.version < 10 {
      starts = .attribute(try attributes.requiredInts("starts"))
      ends = .attribute(try attributes.requiredInts("ends"))
      axes = ListArgument(try attributes.ints("axes"))
      steps = .absent
    } else {
      (starts, ends, axes, steps) = (.input(1), .input(2), .input(3), .input(4))
    }
  }

  /// The positions along one axis: `count` positions starting at `start`, `step` apart.
  private struct Cut {
    var start: Int
    var end: Int
    var step: Int

    /// Returns the range that the attributes select in a dimension of `size`.
    func positions(of size: Int) -> (start: Int, step: Int, count: Int) {
      guard size > 0 else { return (0, 1, 0) }
      let step = Swift.max(-size, Swift.min(self.step, size))
      func clamped(_ position: Int, _ range: ClosedRange<Int>) -> Int {
        Swift.max(range.lowerBound, Swift.min(position < 0 ? position + size : position, range.upperBound))
      }
      if step > 0 {
        let start = clamped(start, 0...size), end = clamped(end, 0...size)
        return (start, step, end > start ? (end - start - 1) / step + 1 : 0)
      }
      let start = clamped(start, 0...(size - 1)), end = clamped(end, -1...(size - 1))
      return (start, step, start > end ? (start - end - 1) / -step + 1 : 0)
    }
  }

  /// The bounds along one axis, as far as they are known.
  private struct Bounds {
    var start: Dimension
    var end: Dimension
    var step: Dimension

    /// The cut, if it is known.
    var cut: Cut? {
      guard let start = start.size, let end = end.size, let step = step.size else { return nil }
      return Cut(start: start, end: end, step: step)
    }

    /// Returns the size of the result. A symbol is preserved if the whole dimension is taken,
    /// forward or backward.
    func size(of dimension: Dimension) -> Dimension {
      if step == 1, start == 0, end == dimension { return dimension }
      guard let cut else { return .unknown }
      if let size = dimension.size { return .fixed(cut.positions(of: size).count) }
      let last = Int(Int32.max)
      let takesAll =
        cut.step == 1
        ? cut.start == 0 && cut.end >= last
        : cut.step == -1 && (cut.start == -1 || cut.start >= last) && cut.end <= -last
      return takesAll ? dimension : .unknown
    }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0)
    try inputs.requireSameElementType(1...4)
    let bounds = try bounds(inputs)
    guard var output = x.shape else { return [TensorType(x.elementType, nil)] }
    guard let axes = try axes(inputs, rank: output.rank) else {
      return [TensorType(x.elementType, Shape(unknownOfRank: output.rank))]
    }
    for (index, axis) in axes.enumerated() { output[axis] = bounds?[index].size(of: output[axis]) ?? .unknown }
    return [TensorType(x.elementType, output)]
  }

  /// Returns the bounds in the order of the axes, or `nil` if not even their number is known.
  private func bounds(_ inputs: OperatorInputs) throws(InfoldError) -> [Bounds]? {
    let counts = [
      try starts.count(in: inputs), try ends.count(in: inputs), try axes.count(in: inputs), try steps.count(in: inputs),
    ].compactMap { $0 }
    guard Set(counts).count <= 1 else {
      throw InfoldError(.invalidModel, "starts, ends, axes and steps have different lengths")
    }
    let starts = try starts.dimensions(in: inputs), ends = try ends.dimensions(in: inputs)
    let steps = try steps.isGiven(in: inputs) ? steps.dimensions(in: inputs) : starts.map { $0.map { _ in 1 } }
    if steps?.contains(0) == true { throw InfoldError(.invalidModel, "a step is 0 but must not be") }
    guard let starts, let ends, let steps else { return nil }
    return starts.indices.map { Bounds(start: starts[$0], end: ends[$0], step: steps[$0]) }
  }

  /// Returns the axes that are sliced, or `nil` if they are unknown.
  private func axes(_ inputs: OperatorInputs, rank: Int) throws(InfoldError) -> [Int]? {
    if axes.isGiven(in: inputs) {
      guard let values = try axes.values(in: inputs) else { return nil }
      return try normalizedAxes(values, rank: rank)
    }
    guard let count = try starts.count(in: inputs) else { return nil }
    guard count <= rank else {
      throw InfoldError(
        .invalidModel,
        "cannot slice \(counted(count, "axis", plural: "axes")) of an input with \(counted(rank, "dimension"))")
    }
    return Array(0..<count)
  }

  package func indexMaps(_ inputs: OperatorInputs) throws(InfoldError) -> [IndexMap]? {
    guard let sizes = inputs.sizes(0), let axes = try axes(inputs, rank: sizes.count), let bounds = try bounds(inputs)
    else { return nil }
    let strides = rowMajorStrides(sizes)
    var map = IndexMap(identityOf: sizes)
    for (axis, bounds) in zip(axes, bounds) {
      guard let cut = bounds.cut else { return nil }
      let (start, step, count) = cut.positions(of: sizes[axis])
      map.start += start * strides[axis]
      map.axes[axis] = .strided(count: count, by: step * strides[axis])
    }
    return [map]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let sizes = inputs.sizes(0), let axes = try? axes(inputs, rank: sizes.count),
      let bounds = try? bounds(inputs)
    else { return .unknown }
    return .axes(inputs) { axis in
      guard let place = axes.firstIndex(of: axis) else { return true }
      guard let positions = bounds[place].cut?.positions(of: sizes[axis]) else { return false }
      return positions == (0, 1, sizes[axis]) && bounds[place].cut?.positions(of: 1).count == 1
    }
  }
}

extension Slice {
  package var quantizedForm: QuantizedForm? { .movement }
}

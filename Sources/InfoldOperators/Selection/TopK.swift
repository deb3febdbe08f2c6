import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX TopK, opsets 1, 10, 11, 24: the k largest or smallest elements along an axis, with their
/// indices as int64.
///
/// The result is sorted; of equal elements, the lower index comes first (ONNX leaves the order open
/// if `sorted` = 0). NaN counts as larger than everything. `k` is an attribute in opset 1 and an
/// input since opset 10.
package struct TopK: Operator {
  package static let name = "TopK"
  package static let versions = [1, 10, 11, 24]
  package static let compatibleVersions = [11, 24]
  package static let family = OperatorFamily.pool
  package static let widening = Widening.sameFunction
  package static func elementTypes(since version: Int) -> ElementTypeSet { .numeric }
  package static func arity(since version: Int) -> Arity {
    Arity(inputs: version < 10 ? 1...1 : 2...2, outputs: 2...2)
  }

  /// The axis. Negative values count from the end.
  package let axis: Int
  /// Whether to select the largest elements rather than the smallest.
  package let largest: Bool
  private let attributeK: Int?

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = try attributes.int("axis") ?? -1
    largest = attributes.version >= 11 ? try attributes.flag("largest", default: true) : true
    if attributes.version >= 11 { _ = try attributes.flag("sorted") }
    guard attributes.version < 10 else {
      attributeK = nil
      return
    }
    guard let k = try attributes.int("k") else { throw InfoldError(.invalidModel, "missing attribute \"k\"") }
    attributeK = k
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .numeric)
    let k = if let attributeK { attributeK } else { try k(inputs) }
    if let k, k < 0 { throw InfoldError(.invalidModel, "k is \(k) but must not be negative") }
    guard var shape = x.shape else { return [x, TensorType(.int64, nil)] }
    let axis = try normalizedAxis(axis, rank: shape.rank)
    if let k, let size = shape[axis].size, k > size {
      throw InfoldError(
        .invalidModel, "k is \(k), but axis \(axis) of the input \(shape) has \(counted(size, "element"))")
    }
    shape[axis] = k.map(Dimension.fixed) ?? .unknown
    return [TensorType(x.elementType, shape), TensorType(.int64, shape)]
  }

  private func k(_ inputs: OperatorInputs) throws(InfoldError) -> Int? {
    guard let count = try inputs.listLength(1, of: .int64) else { return nil }
    guard count == 1 else {
      throw InfoldError(.invalidModel, "the input K has \(counted(count, "element")) but must have one")
    }
    return try inputs.integers(1, of: .int64)?.first
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let rank = inputs.types[0]?.shape?.rank, let axis = try? normalizedAxis(axis, rank: rank) else {
      return .unknown
    }
    return .axes(inputs, outputs: 2) { $0 != axis }
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let shape = try inferredShape(inputs)
    var indices = try Tensor(zeros: shape, of: .int64)
    let values = try withNumericType(of: inputs[0]!) { (x, type) throws(InfoldError) in
      func select<Element: NumericElement>(_: Element.Type) throws(InfoldError) -> Tensor {
        try self.select(from: x, as: Element.self, shape, &indices)
      }
      return try select(type)
    }
    return [values, indices]
  }

  private func select<Element: NumericElement>(
    from x: Tensor, as _: Element.Type, _ shape: [Int], _ indices: inout Tensor
  ) throws(InfoldError) -> Tensor {
    let axis = try normalizedAxis(axis, rank: shape.count)
    let slices = AxisSlices(x.shape, axis: axis), results = AxisSlices(shape, axis: axis)
    var values = try Tensor(zeros: shape, of: Element.elementType)
    guard values.count > 0 else { return values }
    var order: [Int] = []
    try values.withMutableSpan(as: Element.self) { values throws(InfoldError) in
      try indices.withMutableSpan(as: Int64.self) { indices in
        x.withElements(as: Element.self) { x in
          slices.forEach { slice, start in
            order.removeAll(keepingCapacity: true)
            order.append(contentsOf: 0..<slices.count)
            order.sort { a, b in
              let valueOfA = x[start + a * slices.stride], valueOfB = x[start + b * slices.stride]
              return precedes(valueOfA, valueOfB) || !precedes(valueOfB, valueOfA) && a < b
            }
            let (block, place) = slice.quotientAndRemainder(dividingBy: slices.stride)
            for rank in 0..<results.count {
              let position = (block * results.count + rank) * results.stride + place
              values[position] = x[start + order[rank] * slices.stride]
              indices[position] = Int64(order[rank])
            }
          }
        }
      }
    }
    return values
  }

  /// Returns whether `a` precedes an unequal `b`.
  private func precedes<Element: NumericElement>(_ a: Element, _ b: Element) -> Bool {
    let isGreater = a > b || a != a && b == b
    let isLess = a < b || b != b && a == a
    return largest ? isGreater : isLess
  }
}

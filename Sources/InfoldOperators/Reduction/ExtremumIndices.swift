import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX ArgMax, opsets 1, 11, 12, 13: the index of the largest element along an axis, as int64. Of
/// equal elements, the first one is selected, or the last one with `select_last_index` (opset 12).
/// NaN counts as largest.
package struct ArgMax: ExtremumIndexOperator {
  package static let name = "ArgMax"
  package static let versions = [1, 11, 12, 13]
  package let search: ExtremumIndexSearch

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    search = try ExtremumIndexSearch(&attributes)
  }

  package func prefers<Element: NumericElement>(_ a: Element, to b: Element) -> Bool {
    a > b
  }
}

/// ONNX ArgMin, opsets 1, 11, 12, 13: the index of the smallest element along an axis, as int64. Of
/// equal elements, the first one is selected, or the last one with `select_last_index` (opset 12).
/// NaN counts as smallest.
package struct ArgMin: ExtremumIndexOperator {
  package static let name = "ArgMin"
  package static let versions = [1, 11, 12, 13]
  package let search: ExtremumIndexSearch

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    search = try ExtremumIndexSearch(&attributes)
  }

  package func prefers<Element: NumericElement>(_ a: Element, to b: Element) -> Bool {
    a < b
  }
}

/// An operator that finds the index of the largest or smallest element along an axis. NaN counts as
/// the extremum.
package protocol ExtremumIndexOperator: Operator {
  /// The attributes.
  var search: ExtremumIndexSearch { get }
  /// Returns whether `a` is closer to the extremum than `b`.
  func prefers<Element: NumericElement>(_ a: Element, to b: Element) -> Bool
}

/// The attributes of ArgMax and ArgMin.
package struct ExtremumIndexSearch: Sendable, Hashable {
  /// The axis to search. Negative values count from the end.
  package let axis: Int
  /// Whether the axis is kept with size 1.
  package let keepsDimension: Bool
  /// Whether the last of equal elements is selected rather than the first.
  package let selectsLast: Bool

  init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = try attributes.int("axis") ?? 0
    keepsDimension = try attributes.flag("keepdims", default: true)
    selectsLast = attributes.version >= 12 ? try attributes.flag("select_last_index") : false
  }
}

extension ExtremumIndexOperator {
  package static var family: OperatorFamily { .pool }

  package static var widening: Widening { .sameFunction }

  package static var compatibleVersions: [Int] { Array(versions.dropFirst()) }

  package static func arity(since version: Int) -> Arity { Arity(1) }
  package static func elementTypes(since version: Int) -> ElementTypeSet { .numeric }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    guard var shape = try inputs.type(0, of: .numeric).shape else { return [TensorType(.int64, nil)] }
    let axis = try normalizedAxis(search.axis, rank: shape.rank)
    guard shape[axis] != 0 else {
      throw InfoldError(.invalidModel, "axis \(axis) of the input \(shape) is empty")
    }
    shape[axis] = 1
    if !search.keepsDimension { shape.dimensions.remove(at: axis) }
    return [TensorType(.int64, shape)]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let rank = inputs.types[0]?.shape?.rank, let axis = try? normalizedAxis(search.axis, rank: rank) else {
      return .unknown
    }
    return .reduction((0..<rank).map { $0 == axis }, keepsDimensions: search.keepsDimension)
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let shape = try inferredShape(inputs)
    return [
      try withNumericType(of: inputs[0]!) { (x, type) throws(InfoldError) in
        func find<Element: NumericElement>(_: Element.Type) throws(InfoldError) -> Tensor {
          try indices(of: x, as: Element.self, shape)
        }
        return try find(type)
      }
    ]
  }

  private func indices<Element: NumericElement>(
    of x: Tensor, as _: Element.Type, _ shape: [Int]
  ) throws(InfoldError) -> Tensor {
    let slices = AxisSlices(x.shape, axis: try normalizedAxis(search.axis, rank: x.shape.count))
    var result = try Tensor(zeros: shape, of: .int64)
    try result.withMutableSpan(as: Int64.self) { result in
      x.withElements(as: Element.self) { x in
        slices.forEach { slice, start in
          var best = 0, value = x[start]
          for index in 1..<max(slices.count, 1) {
            let candidate = x[start + index * slices.stride]
            guard value == value else { break }
            if candidate != candidate || prefers(candidate, to: value) || search.selectsLast && candidate == value {
              (best, value) = (index, candidate)
            }
          }
          result[slice] = Int64(best)
        }
      }
    }
    return result
  }
}

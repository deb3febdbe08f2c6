import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Unique, opsets 11, 28: the distinct slices along an axis, or the distinct elements if there
/// is no axis.
///
/// X is [d0, …]. Y holds the slices in ascending order, or in order of first appearance with
/// `sorted` = 0. The other outputs are int64: indices [K], the position of each slice's first
/// appearance; inverse_indices [N], the position in Y of each slice of X; counts [K], the number of
/// appearances. Slices are compared element by element, in row-major order. NaNs are equal to each
/// other and larger than everything.
package struct Unique: Operator {
  package static let name = "Unique"
  package static let versions = [11, 28]
  package static let family = OperatorFamily.movement
  package static let widening = Widening.sameFunction
  package static func arity(since version: Int) -> Arity { Arity(inputs: 1...1, outputs: 1...4) }

  /// The axis, or `nil` to compare all elements.
  package let axis: Int?
  /// Whether Y is sorted.
  package let isSorted: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = try attributes.int("axis")
    isSorted = try attributes.flag("sorted", default: true)
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0)
    let list = TensorType(.int64, [.unknown])
    guard let axis else {
      let count = try x.shape.map { shape throws(InfoldError) in try Dimension.product(shape) } ?? .unknown
      return [TensorType(x.elementType, [.unknown]), list, TensorType(.int64, [count]), list]
    }
    guard var shape = x.shape else { return [x, list, list, list] }
    let place = try normalizedAxis(axis, rank: shape.rank)
    let inverse = TensorType(.int64, [shape[place]])
    shape[place] = .unknown
    return [TensorType(x.elementType, shape), list, inverse, list]
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let x = axis == nil ? try inputs[0]!.reshaped(to: [inputs[0]!.count]) : inputs[0]!
    let axis = try normalizedAxis(axis ?? 0, rank: x.shape.count)
    guard x.count > 0 || x.shape[axis] == 0 else {
      throw InfoldError(.unsupported, "the slices of \(x) along axis \(axis) are empty and cannot be compared")
    }
    let order = SliceOrder(keys: try x.orderKeys(), shape: x.shape, axis: axis), sorted = order.sorted()
    // The first position of each distinct value among the sorted slices, and the end.
    var starts = sorted.indices.filter { $0 == 0 || !order.areEqual(sorted[$0 - 1], sorted[$0]) }
    starts.append(sorted.count)
    var values = Array(0..<starts.count - 1)
    if !isSorted { values.sort { sorted[starts[$0]] < sorted[starts[$1]] } }
    let first = values.map { sorted[starts[$0]] }
    var inverse = [Int64](repeating: 0, count: sorted.count)
    for (index, value) in values.enumerated() {
      for place in starts[value]..<starts[value + 1] { inverse[sorted[place]] = Int64(index) }
    }
    return [
      try x.slices(first, along: axis),
      try Tensor(shape: [values.count], first.map(Int64.init)),
      try Tensor(shape: [inverse.count], inverse),
      try Tensor(shape: [values.count], values.map { Int64(starts[$0 + 1] - starts[$0]) }),
    ]
  }

  /// An order of the slices along an axis.
  private struct SliceOrder {
    private let keys: [Int64]
    private let count: Int
    private let outer: Int
    private let inner: Int

    init(keys: [Int64], shape: [Int], axis: Int) {
      self.keys = keys
      count = shape[axis]
      outer = keys.isEmpty ? 0 : shape[..<axis].reduce(1, *)
      inner = keys.isEmpty ? 0 : shape[(axis + 1)...].reduce(1, *)
    }

    /// Returns a negative number if slice `a` precedes slice `b`, and zero if they are equal.
    private func comparison(_ a: Int, _ b: Int) -> Int {
      for block in 0..<outer {
        for offset in 0..<inner {
          let left = keys[(block * count + a) * inner + offset], right = keys[(block * count + b) * inner + offset]
          if left != right { return left < right ? -1 : 1 }
        }
      }
      return 0
    }

    func areEqual(_ a: Int, _ b: Int) -> Bool { comparison(a, b) == 0 }

    /// Returns all slices in order. Equal slices keep their order.
    func sorted() -> [Int] {
      if outer == 1, inner == 1 {
        // Numbers are sorted together with their positions, which avoids a lookup for each
        // comparison.
        let numbers = keys.enumerated().map { (key: $0.element, place: $0.offset) }
        return numbers.sorted { $0.key != $1.key ? $0.key < $1.key : $0.place < $1.place }.map(\.place)
      }
      return (0..<count).sorted { a, b in
        let comparison = comparison(a, b)
        return comparison != 0 ? comparison < 0 : a < b
      }
    }
  }
}

extension Tensor {
  /// Returns integers that compare as the elements do.
  fileprivate func orderKeys() throws(InfoldError) -> [Int64] {
    if elementType.isFloatingPoint {
      return try converted(to: .float64).elements(as: Double.self).map { x in
        guard !x.isNaN else { return .max }
        let bits = Int64(bitPattern: x.bitPattern)
        return x == 0 ? 0 : bits < 0 ? bits ^ .max : bits
      }
    }
    if elementType == .uint64 {
      return try elements(as: UInt64.self).map { Int64(bitPattern: $0 ^ 1 << 63) }
    }
    return try cast(to: .int64).elements()
  }
}

import InfoldSystem

/// The loops over operands that are broadcast together, as rows of elements.
///
/// Adjacent dimensions that every operand traverses the same way are merged. Equal shapes form one
/// row, an operand of one element is one row, and [N, C, H, W] with [C, 1, 1] has rows of H·W
/// elements.
package struct Broadcasting {
  /// The sizes of the result.
  package let shape: [Int]
  /// The elements of one row.
  package private(set) var rowCount = 1
  /// The stride of each operand within a row: 1, or 0 where one element is repeated.
  package private(set) var rowStrides: [Int]

  private struct Axis {
    var count: Int
    var strides: [Int]
  }
  private var outer: [Axis] = []

  /// Creates the loops for operands of these shapes, under NumPy's broadcasting rule.
  /// - Throws: `InfoldError` with `.invalidModel` if the shapes cannot be broadcast together.
  package init(_ operands: [[Int]]) throws(InfoldError) {
    var common: Shape = []
    for operand in operands { common = try common.broadcast(with: Shape(operand)) }
    let shape = common.dimensions.compactMap(\.size)
    self.shape = shape
    rowStrides = operands.map { _ in 0 }
    guard !shape.contains(0) else {
      rowCount = 0
      return
    }
    var steps = operands.map { _ in 1 }
    var axes: [Axis] = []
    for back in 1..<(shape.count + 1) where shape[shape.count - back] > 1 {
      let count = shape[shape.count - back]
      let strides = operands.indices.map { index in
        let sizes = operands[index]
        guard back <= sizes.count, sizes[sizes.count - back] > 1 else { return 0 }
        defer { steps[index] *= count }
        return steps[index]
      }
      if let inner = axes.last, zip(inner.strides, strides).allSatisfy({ $0 * inner.count == $1 }) {
        axes[axes.count - 1].count *= count
      } else {
        axes.append(Axis(count: count, strides: strides))
      }
    }
    guard let row = axes.first else { return }
    rowCount = row.count
    rowStrides = row.strides
    outer = Array(axes.dropFirst())
  }

  /// Calls `body` for each row with the offsets of its first element in the result and in each
  /// operand.
  @inline(__always)
  package func forEachRow(_ body: (_ result: Int, _ operands: [Int]) -> Void) {
    guard rowCount > 0 else { return }
    var result = 0
    var places = rowStrides.map { _ in 0 }
    var position = outer.map { _ in 0 }
    while true {
      body(result, places)
      result += rowCount
      var axis = 0
      while axis < outer.count {
        position[axis] += 1
        for operand in places.indices { places[operand] += outer[axis].strides[operand] }
        if position[axis] < outer[axis].count { break }
        for operand in places.indices { places[operand] -= outer[axis].strides[operand] * outer[axis].count }
        position[axis] = 0
        axis += 1
      }
      if axis == outer.count { return }
    }
  }
}

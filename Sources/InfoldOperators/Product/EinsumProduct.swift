import InfoldTensor

/// An Einsum of two operands as a batch of matrix products. Dimensions that both operands and the
/// result have are the batch. Dimensions that both operands have but the result lacks are summed
/// over. Dimensions of a single operand are its rows or columns. Dimensions of size 1 are ignored.
package struct EinsumProduct {
  /// An operand and the order of its dimensions.
  package struct Side {
    /// The index among the inputs of the node.
    package let input: Int
    /// The permutation of the operand's dimensions.
    package let axes: [Int]
  }

  /// The left operand: a batch of row-major matrices.
  package let left: Side
  /// The right operand: a batch of row-major or column-major matrices.
  package let right: Side
  /// Whether the matrices of the right operand are column-major.
  package let isRightTransposed: Bool
  /// The number of products, and the sizes of each.
  package let batch, rows, inner, columns: Int
  /// The map from the products, consecutive row-major matrices, to the result.
  package let result: IndexMap

  /// - Returns: `nil` if an operand repeats a dimension, or if only one operand is summed over it.
  init?(_ labels: (operands: [[EinsumEquation.Label]], result: [EinsumEquation.Label]), shapes: [[Int]]) {
    typealias Label = EinsumEquation.Label
    guard shapes.count == 2 else { return nil }
    let present = zip(labels.operands, shapes).map { labels, shape in zip(labels, shape).filter { $1 > 1 }.map(\.0) }
    guard present.allSatisfy({ Set($0).count == $0.count }) else { return nil }
    let sizes = zip(labels.operands.joined(), shapes.joined()).reduce(into: [Label: Int]()) { sizes, dimension in
      sizes[dimension.0] = max(sizes[dimension.0] ?? 1, dimension.1)
    }
    func count(_ labels: [Label]) -> Int { labels.reduce(1) { $0 * sizes[$1]! } }
    let result = labels.result.filter { sizes[$0]! > 1 }
    let common = Set(present[0]).intersection(present[1])
    let batch = result.filter(common.contains)
    let own = present.map { operand in result.filter { operand.contains($0) && !common.contains($0) } }
    let inner = present[0].filter { common.contains($0) && !batch.contains($0) }
    guard zip(present, own).allSatisfy({ $0.count == $1.count + batch.count + inner.count }) else { return nil }
    // The operand whose dimensions come first in the result is on the left, so that products are
    // laid out like the result. An operand without dimensions of its own would be a single column
    // on the right. Kernels compute many columns at once, so it goes to the left.
    let ranks = own.map { $0.first.flatMap(result.firstIndex) }
    let isSwapped = ranks[1].map { second in ranks[0].map { $0 > second } ?? false } ?? true
    let (first, second) = isSwapped ? (1, 0) : (0, 1)
    func side(_ input: Int, _ order: [Label]) -> Side {
      Side(
        input: input,
        axes: order.map { label in labels.operands[input].indices.first { labels.operands[input][$0] == label }! })
    }
    left = side(first, batch + own[first] + inner)
    let byRows = side(second, batch + inner + own[second]), byColumns = side(second, batch + own[second] + inner)
    isRightTransposed = byRows.axes != byRows.axes.sorted()
    right = isRightTransposed ? byColumns : byRows
    (self.batch, self.inner) = (count(batch), count(inner))
    (rows, columns) = (count(own[first]), count(own[second]))
    let order = batch + own[first] + own[second]
    let strides = Dictionary(zip(order, rowMajorStrides(order.map { sizes[$0]! }))) { first, _ in first }
    self.result = IndexMap(
      axes: labels.result.map { .strided(count: sizes[$0]!, by: strides[$0] ?? 0) })
  }
}

extension Einsum {
  /// Returns the equation for operands of these shapes as matrix products, or `nil` if it is not of
  /// that form.
  package func matrixProduct(shapes: [[Int]]) -> EinsumProduct? {
    guard let labels = try? equation.labels(ranks: shapes.map(\.count)) else { return nil }
    return EinsumProduct(labels, shapes: shapes)
  }
}

import InfoldSystem

/// One of the largest elements of a row.
public struct RankedElement: Sendable, Hashable {
  /// The position along the axis: the class, where the axis is that of classes.
  public let index: Int
  /// The element.
  public let value: Double

  /// An element at its position.
  public init(index: Int, value: Double) {
    self.index = index
    self.value = value
  }
}

extension Tensor {
  /// The `k` largest elements of each row along an axis, largest first; equal ones in order of position, NaN last.
  ///
  /// ```swift
  /// let scores: Tensor = …  // [8, 1000]: 1000 classes for each of 8 images
  /// for best in try scores.topK(5) { print(best[0].index) }
  /// ```
  /// - Parameters:
  ///   - k: At least 0; all elements of a row are returned when there are fewer.
  ///   - axis: Along which a row lies; negative ones count from the end. By default the last.
  /// - Returns: One list for each row, in row-major order of the other dimensions: of [N, C] one for each of N, of [C] one.
  /// - Throws: `InfoldError` with `.invalidArgument` for a negative `k`, an axis that the tensor does not have, and when the elements are
  ///   not floating-point numbers.
  public func topK(_ k: Int, axis: Int = -1) throws(InfoldError) -> [[RankedElement]] {
    guard k >= 0 else { throw InfoldError(.invalidArgument, "the \(k) largest elements were asked for") }
    guard elementType.isFloatingPoint else {
      throw InfoldError(.invalidArgument, "the largest elements of a tensor of \(elementType) were asked for")
    }
    let axis = try Self.checkedAxis(axis, of: shape)
    let elements: [Double] = try widened().elements()
    let (length, inner) = (shape[axis], shape[(axis + 1)...].reduce(1, *))
    let rowCount = shape.indices.reduce(1) { $1 == axis ? $0 : $0 * shape[$1] }
    return (0..<rowCount).map { row in
      let start = row / inner * length * inner + row % inner
      let numbers = (0..<length).map { elements[start + $0 * inner] }
      let order = numbers.indices.sorted { a, b in
        numbers[a] != numbers[b] ? numbers[a] > numbers[b] || (!numbers[a].isNaN && numbers[b].isNaN) : a < b
      }
      return order.prefix(k).map { RankedElement(index: $0, value: numbers[$0]) }
    }
  }
}

import InfoldSystem

extension Tensor {
  /// One of the largest elements of a row.
  public struct TopElement: Sendable, Hashable {
    /// The position along the axis. For scores, this is the class.
    public let index: Int
    /// The value of the element.
    public let value: Double
  }

  /// Returns the `k` largest elements of each row along an axis, largest first. Equal elements are
  /// ordered by position. NaN comes after all numbers.
  /// - Parameters:
  ///   - k: The number of elements, at least 0. If a row has fewer, all of its elements are
  ///     returned.
  ///   - axis: The axis of the rows, such as the classes. Negative axes count from the end.
  /// - Returns: The rows in row-major order of the other dimensions. For scores of shape [8, 1000]
  ///   there are eight rows, one for each image. For [1, 1000] or [1000] there is one.
  /// - Throws: `InfoldError` with `.invalidArgument` if `k` is negative, the axis is out of range,
  ///   or the elements are not floating-point numbers; `.limitExceeded` if the result does not fit
  ///   into memory.
  public func topK(_ k: Int, axis: Int = -1) throws(InfoldError) -> [[TopElement]] {
    guard k >= 0 else { throw InfoldError(.invalidArgument, "top-k with k = \(k): k must not be negative") }
    guard elementType.isFloatingPoint else {
      throw InfoldError(.invalidArgument, "top-k needs floating-point elements, but the tensor has \(elementType)")
    }
    let axis = try Self.checkedAxis(axis, of: shape)
    let elements: [Double] = try widened().elements()
    let length = shape[axis]
    let inner = shape[(axis + 1)...].reduce(1, *), outer = shape[..<axis].reduce(1, *)
    var rows: [[TopElement]] = []
    for block in 0..<outer {
      for first in 0..<inner {
        let row = (0..<length).map { elements[(block * length + $0) * inner + first] }
        let order = row.indices.sorted { a, b in
          row[a] != row[b] ? row[a] > row[b] || (!row[a].isNaN && row[b].isNaN) : a < b
        }
        rows.append(order.prefix(k).map { TopElement(index: $0, value: row[$0]) })
      }
    }
    return rows
  }
}

import InfoldSystem

extension Tensor {
  /// One of the largest elements of a row.
  public struct TopElement: Sendable, Hashable {
    /// Its position along the axis: of scores, the class.
    public let index: Int
    /// What it is.
    public let value: Double
  }

  /// The `k` largest elements of each row along an axis, largest first; equal ones in order of position, and NaN behind all numbers.
  /// - Parameters:
  ///   - k: At least 0; all elements of a row are returned when there are fewer.
  ///   - axis: What a row goes along: the classes. Negative ones count from the end.
  /// - Returns: The rows in row-major order of the other dimensions: for scores of the shape [8, 1000], eight of them, one for each
  ///   image; for [1, 1000] or [1000], one.
  /// - Throws: `InfoldError` with `.invalidArgument` for a negative `k`, an axis that the tensor does not have, and when the elements
  ///   are not floating-point numbers; `.limitExceeded`.
  public func topK(_ k: Int, axis: Int = -1) throws(InfoldError) -> [[TopElement]] {
    guard k >= 0 else { throw InfoldError(.invalidArgument, "the \(k) largest elements were asked for") }
    guard elementType.isFloatingPoint else {
      throw InfoldError(.invalidArgument, "the largest elements of a tensor of \(elementType) were asked for")
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

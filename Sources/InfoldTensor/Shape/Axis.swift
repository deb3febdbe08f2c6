import InfoldSystem

/// Returns the nonnegative index of an axis of a tensor of `rank` dimensions. Negative axes count
/// from the end.
/// - Parameter allowsEnd: Whether `rank` itself is a valid axis (Flatten, Unsqueeze).
/// - Throws: `InfoldError` with `.invalidModel` if the axis does not exist.
package func normalizedAxis(_ axis: Int, rank: Int, allowsEnd: Bool = false) throws(InfoldError) -> Int {
  let upper = allowsEnd ? rank : rank - 1
  let normalized = axis < 0 ? axis + rank : axis
  guard normalized >= 0, normalized <= upper else {
    throw InfoldError(.invalidModel, "axis \(axis) is out of range for a tensor of \(counted(rank, "dimension"))")
  }
  return normalized
}

/// Returns the nonnegative indices of several axes of a tensor of `rank` dimensions, in their
/// order.
/// - Throws: `InfoldError` with `.invalidModel` if an axis does not exist or occurs twice.
package func normalizedAxes(_ axes: [Int], rank: Int) throws(InfoldError) -> [Int] {
  var normalized: [Int] = []
  var seen: Set<Int> = []
  for axis in axes {
    normalized.append(try normalizedAxis(axis, rank: rank))
    guard seen.insert(normalized[normalized.count - 1]).inserted else {
      throw InfoldError(.invalidModel, "duplicate axis \(axis) in \(axes)")
    }
  }
  return normalized
}

/// Rejects a negative axis, for opset versions in which axes do not count from the end.
package func requireNonNegative(_ axis: Int) throws(InfoldError) {
  guard axis >= 0 else {
    throw InfoldError(.invalidModel, "axis \(axis) is negative, which this version of the operator does not allow")
  }
}

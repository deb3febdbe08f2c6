import InfoldSystem

/// The axis that `axis` means in a tensor of `rank` dimensions: negative ones count from the end.
/// - Parameter allowsEnd: Whether `rank` itself is an axis (Flatten, Unsqueeze).
/// - Throws: `InfoldError` with `.invalidModel` when there is no such axis.
package func normalizedAxis(_ axis: Int, rank: Int, allowsEnd: Bool = false) throws(InfoldError) -> Int {
  let upper = allowsEnd ? rank : rank - 1
  let normalized = axis < 0 ? axis + rank : axis
  guard normalized >= 0, normalized <= upper else {
    throw InfoldError(.invalidModel, "axis \(axis) is outside a tensor of \(counted(rank, "dimension"))")
  }
  return normalized
}

/// The axes that `axes` mean in a tensor of `rank` dimensions, in their order.
/// - Throws: `InfoldError` with `.invalidModel` when there is no such axis, or one stands twice.
package func normalizedAxes(_ axes: [Int], rank: Int) throws(InfoldError) -> [Int] {
  var normalized: [Int] = []
  var seen: Set<Int> = []
  for axis in axes {
    normalized.append(try normalizedAxis(axis, rank: rank))
    guard seen.insert(normalized[normalized.count - 1]).inserted else {
      throw InfoldError(.invalidModel, "axis \(axis) stands twice in the axes \(axes)")
    }
  }
  return normalized
}

/// Refuses a negative axis, for the opset versions in which axes do not count from the end.
package func requireNonNegative(_ axis: Int) throws(InfoldError) {
  guard axis >= 0 else {
    throw InfoldError(.invalidModel, "axis \(axis) is negative, which this version of the operator does not allow")
  }
}

/// The corners of the convex hull of points, clockwise (Andrew's monotone chain, 1979).
package func convexHull(_ points: [Point]) -> [Point] {
  let sorted = Set(points).sorted { ($0.x, $0.y) < ($1.x, $1.y) }
  guard sorted.count > 2 else { return sorted }
  // The chain from left to right, followed by the chain back. Each ends where the other begins.
  return chain(sorted).dropLast() + chain(sorted.reversed()).dropLast()
}

private func chain(_ points: [Point]) -> [Point] {
  var chain: [Point] = []
  for point in points {
    while chain.count > 1, (chain[chain.count - 1] - chain[chain.count - 2]).cross(point - chain[chain.count - 1]) <= 0
    {
      chain.removeLast()
    }
    chain.append(point)
  }
  return chain
}

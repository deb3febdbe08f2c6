/// A rectangle that may be rotated.
package struct RotatedRectangle: Sendable {
  /// The center.
  package var center: Point
  /// The direction of the first side, a unit vector.
  package var direction: Point
  /// The lengths of the sides, along and across `direction`.
  package var size: SIMD2<Double>

  /// Creates the smallest rectangle around points. One of its sides contains a side of their convex
  /// hull (Freeman and Shapira, 1975).
  /// - Returns: `nil` if there are no points.
  package init?(around points: [Point]) {
    let hull = convexHull(points)
    guard let last = hull.last else { return nil }
    var smallest = RotatedRectangle(around: hull, along: Point(1, 0))
    for (start, end) in zip([last] + hull, hull) where start != end {
      let candidate = RotatedRectangle(around: hull, along: (end - start) / (end - start).length)
      if candidate.area < smallest.area { smallest = candidate }
    }
    self = smallest
  }

  private init(around points: [Point], along direction: Point) {
    let places = points.map { Point($0.along(direction), $0.along(direction.perpendicular)) }
    let low = places.reduce(places[0], pointwiseMin), high = places.reduce(places[0], pointwiseMax)
    let middle = (low + high) / 2
    self.direction = direction
    center = direction * middle.x + direction.perpendicular * middle.y
    size = high - low
  }

  /// The area.
  package var area: Double { size.x * size.y }

  /// The sum of the lengths of all sides.
  package var perimeter: Double { 2 * size.sum() }

  /// The corners, in order around the rectangle.
  package var corners: [Point] {
    let along = direction * (size.x / 2), across = direction.perpendicular * (size.y / 2)
    return [center - along - across, center + along - across, center + along + across, center - along + across]
  }

  /// The rectangle with every side moved outwards.
  package func grown(by distance: Double) -> RotatedRectangle {
    var grown = self
    grown.size += 2 * distance
    return grown
  }

  /// Whether a point is inside or on a side.
  package func contains(_ point: Point) -> Bool {
    let way = point - center
    return abs(way.along(direction)) <= size.x / 2 && abs(way.along(direction.perpendicular)) <= size.y / 2
  }
}

/// A point in a picture, or a vector between two points, in pixels: x to the right, y down.
public typealias Point = SIMD2<Double>

extension Point {
  /// The length of the vector.
  package var length: Double { (self * self).sum().squareRoot() }

  /// The vector rotated by 90°, from right to down.
  package var perpendicular: Point { Point(-y, x) }

  /// The component along `direction`, a unit vector.
  package func along(_ direction: Point) -> Double { (self * direction).sum() }

  /// Twice the signed area of the triangle between both vectors, positive if `other` is to the
  /// right of this one.
  package func cross(_ other: Point) -> Double { x * other.y - y * other.x }
}

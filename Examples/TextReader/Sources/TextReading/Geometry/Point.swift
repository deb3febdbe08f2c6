/// A point in a picture, or the way from one to another, in pixels: x to the right, y down.
public typealias Point = SIMD2<Double>

extension Point {
  /// How far the way is.
  package var length: Double { (self * self).sum().squareRoot() }

  /// The way turned by a quarter, from right to down.
  package var perpendicular: Point { Point(-y, x) }

  /// The part of the way that goes along `direction`, a way of length 1.
  package func along(_ direction: Point) -> Double { (self * direction).sum() }

  /// Twice the area of the triangle between both ways; above 0 when `other` is to the right of this one.
  package func cross(_ other: Point) -> Double { x * other.y - y * other.x }
}

/// An axis-aligned rectangle in pixels.
public struct Box: Sendable, Hashable {
  public var left: Float
  public var top: Float
  public var right: Float
  public var bottom: Float

  public init(left: Float, top: Float, right: Float, bottom: Float) {
    self.left = left
    self.top = top
    self.right = right
    self.bottom = bottom
  }

  /// The area; zero if a side has no length.
  public var area: Float { max(0, right - left) * max(0, bottom - top) }

  /// The area of the intersection of two boxes divided by that of their union; zero if neither has
  /// an area.
  public func intersectionOverUnion(_ other: Box) -> Float {
    let shared = Box(
      left: max(left, other.left), top: max(top, other.top), right: min(right, other.right),
      bottom: min(bottom, other.bottom))
    let union = area + other.area - shared.area
    return union > 0 ? shared.area / union : 0
  }
}

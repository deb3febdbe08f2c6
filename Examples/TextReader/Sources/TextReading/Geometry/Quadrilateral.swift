/// The position of a line of text: four corners, clockwise from the top left of the first
/// character.
public struct Quadrilateral: Sendable, Hashable {
  /// The four corners.
  public let corners: [Point]

  /// Orders the corners of a line that runs from left to right.
  package init(upright corners: [Point]) {
    let sorted = corners.sorted { $0.x < $1.x }
    let left = sorted[..<2].sorted { $0.y < $1.y }, right = sorted[2...].sorted { $0.y < $1.y }
    self.corners = [left[0], right[0], right[1], left[1]]
  }

  private init(clockwise corners: [Point]) {
    self.corners = corners
  }

  /// The longer of the two sides along the text.
  package var width: Double { max((corners[1] - corners[0]).length, (corners[2] - corners[3]).length) }

  /// The longer of the other two sides.
  package var height: Double { max((corners[3] - corners[0]).length, (corners[2] - corners[1]).length) }

  /// The same position for text that begins `quarters` corners later: 2 if it is upside down.
  package func turned(_ quarters: Int) -> Quadrilateral {
    Quadrilateral(clockwise: Array(corners[quarters...] + corners[..<quarters]))
  }

  /// The point at fractions of width and height, each from 0 to 1.
  package func point(_ across: Double, _ down: Double) -> Point {
    let top = corners[0] + (corners[1] - corners[0]) * across
    let bottom = corners[3] + (corners[2] - corners[3]) * across
    return top + (bottom - top) * down
  }
}

/// Finds free places for the labels of connections, near their ends.
struct LabelPlacement {
  /// The start or end of a text on its baseline.
  struct Place {
    var point: Point
    var isLeft: Bool
  }

  /// The occupied cells of the drawing.
  private var taken: Set<Cell> = []

  /// The number of curve points marked so far, which is limited.
  private var marks = 0
  private static let markLimit = 3_000_000

  private struct Cell: Hashable {
    var x: Int32
    var y: Int32
  }

  /// The side of a cell, less than the distance of labels from their connections.
  private static let side = 6.0
  private static let distance = 7.0
  static let fontSize = 10.0

  init(_ diagram: NetworkDiagram, _ layout: DiagramLayout) {
    for (box, center) in zip(diagram.boxes, layout.centers) {
      let size = box.size
      // Labels begin outside boxes, so only the sides of boxes can be in their way.
      for x in [center.x - size.width / 2, center.x + size.width / 2] {
        mark(Point(x, center.y - size.height / 2), Point(x, center.y + size.height / 2))
      }
    }
    for route in layout.routes {
      var index = 1
      while index + 2 < route.count {
        mark(route[index - 1], route[index], route[index + 1], route[index + 2])
        index += 3
      }
    }
  }

  /// Finds and occupies a place for `text` along `route`: after the start, or else before the end.
  /// If neither is free, the place after the start is used.
  mutating func place(_ text: String, beside route: [Point]) -> Place {
    let (start, end) = (route[0], route[route.count - 1])
    let width = TextMeasure.width(text, size: Self.fontSize)
    let candidates = [(start, 15.0, false), (start, 15, true), (end, -13, false), (end, -13, true)].map {
      (point, y, isLeft) in
      Place(point: Point(point.x + (isLeft ? -Self.distance : Self.distance), point.y + y), isLeft: isLeft)
    }
    let place = candidates.first { cells($0, width).allSatisfy { !taken.contains($0) } } ?? candidates[0]
    for cell in cells(place, width) { taken.insert(cell) }
    return place
  }

  private func cells(_ place: Place, _ width: Double) -> [Cell] {
    let left = place.isLeft ? place.point.x - width : place.point.x
    return stride(from: left, through: left + width, by: Self.side).flatMap { x in
      [cell(Point(x, place.point.y - 7)), cell(Point(x, place.point.y - 1))]
    }
  }

  private func cell(_ point: Point) -> Cell {
    Cell(x: Int32((point.x / Self.side).rounded(.down)), y: Int32((point.y / Self.side).rounded(.down)))
  }

  private mutating func mark(_ a: Point, _ b: Point) {
    for y in stride(from: a.y, through: b.y, by: Self.side) { taken.insert(cell(Point(a.x, y))) }
  }

  /// Marks the cells of a cubic Bézier curve.
  private mutating func mark(_ a: Point, _ b: Point, _ c: Point, _ d: Point) {
    let length = (d.x - a.x).magnitude + (d.y - a.y).magnitude
    // The limit bounds the time for many very long curves.
    let steps = max(1, min(Int(length / Self.side * 1.5), 1000, Self.markLimit - marks))
    marks += steps
    for step in 0...steps {
      let t = Double(step) / Double(steps), s = 1 - t
      let (p, q, r, u) = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
      taken.insert(cell(Point(p * a.x + q * b.x + r * c.x + u * d.x, p * a.y + q * b.y + r * c.y + u * d.y)))
    }
  }
}

/// Places for the labels of connections, beside their ends, where nothing else is.
struct LabelPlacement {
  /// Where a text begins, or ends, and its baseline.
  struct Place {
    var point: Point
    var isLeft: Bool
  }

  /// Squares of the drawing in which something is.
  private var taken: Set<Cell> = []

  /// The points of curves that have been marked, and how many may be.
  private var marks = 0
  private static let markLimit = 3_000_000

  private struct Cell: Hashable {
    var x: Int32
    var y: Int32
  }

  /// The side of a square; less than the distance of labels from their connections.
  private static let side = 6.0
  private static let distance = 7.0
  static let fontSize = 10.0

  init(_ diagram: NetworkDiagram, _ layout: DiagramLayout) {
    for (box, center) in zip(diagram.boxes, layout.centers) {
      let size = box.size
      // Labels begin outside of boxes: the sides are what they could run into.
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

  /// A place for `text` beside `route`, which is taken from now on: behind the start, or else before the end. Where there is no room,
  /// behind the start all the same.
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

  /// Marks the way of a cubic Bézier curve.
  private mutating func mark(_ a: Point, _ b: Point, _ c: Point, _ d: Point) {
    let length = (d.x - a.x).magnitude + (d.y - a.y).magnitude
    // What many very long curves cross is not worth the time to know.
    let steps = max(1, min(Int(length / Self.side * 1.5), 1000, Self.markLimit - marks))
    marks += steps
    for step in 0...steps {
      let t = Double(step) / Double(steps), s = 1 - t
      let (p, q, r, u) = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
      taken.insert(cell(Point(p * a.x + q * b.x + r * c.x + u * d.x, p * a.y + q * b.y + r * c.y + u * d.y)))
    }
  }
}

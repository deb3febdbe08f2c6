import InfoldSystem

/// Infold's own layout, with layers from top to bottom.
package enum LayeredLayout {
  private static let horizontalGap = 26.0
  /// The distance between layers, larger if connections go far to the side.
  private static let verticalGap = 38.0
  private static let largestVerticalGap = 84.0

  /// Computes a layout of `problem`.
  /// - Throws: `InfoldError` with `.limitExceeded` if the connections are too long.
  package static func run(_ problem: LayoutProblem) throws(InfoldError) -> DiagramLayout {
    let layering = CrossingReduction.run(try Layering(problem))
    let positions = HorizontalPlacement.run(layering, gap: horizontalGap)
    var (left, right) = (Double.infinity, -Double.infinity)
    for (vertex, position) in zip(layering.vertices, positions) {
      left = min(left, position - vertex.width / 2)
      right = max(right, position + vertex.width / 2)
    }
    let x = positions.map { $0 - left }
    let bands = bands(problem, layering, x)
    let router = Router(problem: problem, layering: layering, x: x, bands: bands)
    return DiagramLayout(
      width: max(right - left, 0), height: bands.last?.upperBound ?? 0,
      centers: problem.sizes.indices.map { router.center($0) }, routes: problem.edges.indices.map { router.route($0) })
  }

  /// The vertical range of each layer.
  private static func bands(_ problem: LayoutProblem, _ layering: Layering, _ x: [Double]) -> [ClosedRange<Double>] {
    var bands: [ClosedRange<Double>] = []
    var top = 0.0
    for layer in layering.layers {
      let height = layer.lazy.map { layering.vertices[$0].isBend ? 0 : problem.sizes[$0].height }.max() ?? 0
      bands.append(top...(top + height))
      let farthest =
        layer.lazy.flatMap { vertex in
          layering.vertices[vertex].lower.lazy.map { (x[$0] - x[vertex]).magnitude }
        }.max() ?? 0
      top += height + min(verticalGap + farthest / 14, largestVerticalGap)
    }
    return bands
  }
}

/// Routes connections after vertices have been placed.
private struct Router {
  let problem: LayoutProblem
  let layering: Layering
  let x: [Double]
  let bands: [ClosedRange<Double>]

  /// The distance of connections from the corners of boxes.
  private static let corner = 14.0

  func center(_ box: Int) -> Point {
    let band = bands[layering.vertices[box].layer]
    return Point(x[box], (band.lowerBound + band.upperBound) / 2)
  }

  /// Returns a straight line down through each layer, and curves between layers.
  func route(_ edge: Int) -> [Point] {
    let (source, target) = (problem.edges[edge].source, problem.edges[edge].target)
    let bends = layering.bends[edge]
    // Aligned with the next point as far as the width of the box allows.
    let exit = within(source, bends.first.map { x[$0] } ?? x[target])
    let entry = within(target, bends.last.map { x[$0] } ?? exit)
    var route = [Point(exit, center(source).y + problem.sizes[source].height / 2)]
    descend(&route, to: bands[layering.vertices[source].layer].upperBound)
    for bend in bends {
      let band = bands[layering.vertices[bend].layer]
      curve(&route, to: Point(x[bend], band.lowerBound))
      descend(&route, to: band.upperBound)
    }
    curve(&route, to: Point(entry, bands[layering.vertices[target].layer].lowerBound))
    descend(&route, to: center(target).y - problem.sizes[target].height / 2)
    return route
  }

  private func within(_ box: Int, _ wanted: Double) -> Double {
    let room = max(problem.sizes[box].width / 2 - Self.corner, 0)
    return min(max(wanted, x[box] - room), x[box] + room)
  }

  private func descend(_ route: inout [Point], to y: Double) {
    let last = route[route.count - 1]
    if y > last.y { curve(&route, to: Point(last.x, y)) }
  }

  private func curve(_ route: inout [Point], to end: Point) {
    let begin = route[route.count - 1]
    let middle = (begin.y + end.y) / 2
    route += [Point(begin.x, middle), Point(end.x, middle), end]
  }
}

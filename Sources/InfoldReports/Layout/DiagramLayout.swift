/// A point of a drawing. The y axis points downwards.
package struct Point: Sendable, Hashable {
  package var x: Double
  package var y: Double

  package init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }
}

/// The input of a layout algorithm: the sizes of boxes, and connections.
package struct LayoutProblem: Sendable {
  /// The size of a box.
  package struct Size: Sendable {
    package var width: Double
    package var height: Double

    package init(width: Double, height: Double) {
      self.width = width
      self.height = height
    }
  }

  /// A connection. Connections with the same source and value may share their route.
  package struct Edge: Sendable {
    /// The index of the source box.
    package var source: Int
    /// The index of the target box, which is greater than the source.
    package var target: Int
    package var value: Int

    package init(source: Int, target: Int, value: Int) {
      precondition(source < target, "a connection goes forward")
      self.source = source
      self.target = target
      self.value = value
    }
  }

  package var sizes: [Size]
  package var edges: [Edge]

  package init(sizes: [Size], edges: [Edge]) {
    self.sizes = sizes
    self.edges = edges
  }
}

/// The positions in a drawing.
package struct DiagramLayout: Sendable {
  package var width: Double
  package var height: Double
  /// The center of each box.
  package var centers: [Point]
  /// The route of each connection as cubic Bézier curves: a start, and three points for each curve.
  package var routes: [[Point]]
}

/// A point of a drawing; y grows downwards.
package struct Point: Sendable, Hashable {
  package var x: Double
  package var y: Double

  package init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }
}

/// What a layout is made of: boxes of which only the sizes matter, and connections.
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

  /// A connection. Those with the same source and the same value may share their way.
  package struct Edge: Sendable {
    /// The index of a box.
    package var source: Int
    /// The index of a box behind the source.
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

/// Where everything of a drawing is.
package struct DiagramLayout: Sendable {
  package var width: Double
  package var height: Double
  /// The center of each box.
  package var centers: [Point]
  /// The way of each connection as cubic Bézier curves: a start, and three points for each curve.
  package var routes: [[Point]]
}

/// An SVG drawing, built element by element. Colors are classes of the page's style sheet.
package struct Drawing {
  private let width: Double
  private let height: Double
  private let title: String
  private var body = ""

  /// Creates an empty drawing with the given size in pixels.
  package init(width: Double, height: Double, title: String) {
    self.width = width
    self.height = height
    self.title = title
  }

  /// Adds a straight line.
  package mutating func line(_ from: (x: Double, y: Double), _ to: (x: Double, y: Double), style: String) {
    body +=
      "<line class=\"\(style)\" x1=\"\(number(from.x))\" y1=\"\(number(from.y))\" x2=\"\(number(to.x))\" "
      + "y2=\"\(number(to.y))\"/>"
  }

  /// Adds a polyline through the points.
  package mutating func path(_ points: [(x: Double, y: Double)], style: String) {
    guard points.count > 1 else { return }
    let list = points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
    body += "<polyline class=\"\(style)\" points=\"\(list)\"/>"
  }

  /// Adds a dot with an optional tooltip.
  package mutating func dot(_ center: (x: Double, y: Double), radius: Double, style: String, note: String? = nil) {
    body += "<circle class=\"\(style)\" cx=\"\(number(center.x))\" cy=\"\(number(center.y))\" r=\"\(number(radius))\""
    body += note.map { "><title>\(Markup.escaped($0))</title></circle>" } ?? "/>"
  }

  /// Adds many dots as one short element.
  package mutating func dots(_ centers: some Sequence<(x: Double, y: Double)>, style: String) {
    let list = centers.map { "M\(number($0.x)) \(number($0.y))h0" }.joined()
    if !list.isEmpty { body += "<path class=\"dots \(style)\" d=\"\(list)\"/>" }
  }

  /// Adds a filled rectangle with rounded corners.
  package mutating func bar(x: ClosedRange<Double>, y: ClosedRange<Double>, style: String, note: String? = nil) {
    body +=
      "<rect class=\"\(style)\" x=\"\(number(x.lowerBound))\" y=\"\(number(y.lowerBound))\" "
      + "width=\"\(number(x.upperBound - x.lowerBound))\" height=\"\(number(max(y.upperBound - y.lowerBound, 1)))\" rx=\"2\""
    body += note.map { "><title>\(Markup.escaped($0))</title></rect>" } ?? "/>"
  }

  /// Adds a line of text.
  /// - Parameter anchor: The part of the text that is at `point`: `start`, `middle` or `end`.
  package mutating func text(
    _ text: String, at point: (x: Double, y: Double), anchor: String = "start", style: String = "label"
  ) {
    body +=
      "<text class=\"\(style)\" x=\"\(number(point.x))\" y=\"\(number(point.y))\" text-anchor=\"\(anchor)\">"
      + "\(Markup.escaped(text))</text>"
  }

  /// The drawing as an SVG element.
  package var svg: String {
    "<svg viewBox=\"0 0 \(number(width)) \(number(height))\" role=\"img\" aria-label=\"\(Markup.escaped(title))\">"
      + body + "</svg>"
  }

  private func number(_ value: Double) -> String { Markup.coordinate(value) }
}

/// The frame of a plot: its axes and grid.
package struct PlotFrame {
  package let left: Double
  package let right: Double
  package let top: Double
  package let bottom: Double

  /// Creates a frame with these edges.
  package init(left: Double, right: Double, top: Double, bottom: Double) {
    self.left = left
    self.right = right
    self.top = top
    self.bottom = bottom
  }

  /// Draws horizontal grid lines with the labels of the vertical axis.
  package func draw(vertical axis: PlotAxis, ticks: Int, on drawing: inout Drawing) {
    for tick in axis.ticks(ticks) {
      drawing.line((left, tick.place), (right, tick.place), style: "grid")
      drawing.text(tick.label, at: (left - 8, tick.place + 4), anchor: "end")
    }
  }

  /// Draws vertical grid lines with the labels of the horizontal axis.
  package func draw(horizontal axis: PlotAxis, ticks: Int, on drawing: inout Drawing) {
    for tick in axis.ticks(ticks) {
      drawing.line((tick.place, top), (tick.place, bottom), style: "grid")
      drawing.text(tick.label, at: (tick.place, bottom + 18), anchor: "middle")
    }
  }

  /// Draws the horizontal axis with the column numbers, 1 to `count`.
  package func drawSites(_ count: Int, _ place: (Int) -> Double, on drawing: inout Drawing) {
    let room = max(1, Int((right - left) / 28))
    let step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].first { count / $0 < room } ?? count
    for index in 0..<count where index == 0 || (index + 1) % step == 0 {
      drawing.text("\(index + 1)", at: (place(index), bottom + 18), anchor: "middle")
    }
    drawing.line((left, bottom), (right, bottom), style: "axis")
  }
}

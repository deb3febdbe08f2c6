/// A plot along a network, with a column for each layer. It shows numbers as lines, and
/// distributions over the channels of a layer as boxes.
package struct ColumnPlot {
  /// A line with a number for each column.
  package struct Line {
    let style: String
    let values: [Double?]
    let hasDots: Bool
    let notes: [String]

    /// - Parameters:
    ///   - style: The class of its color.
    ///   - values: A number for each column. The line skips columns without a number.
    ///   - hasDots: Whether every number has a dot.
    ///   - notes: The tooltip of each column's dot.
    package init(style: PlotStyle, values: [Double?], hasDots: Bool = true, notes: [String] = []) {
      self.style = style.rawValue
      self.values = values
      self.hasDots = hasDots
      self.notes = notes
    }
  }

  /// The distribution of a column's numbers: a box for the middle half, a line for the median, and
  /// a whisker from the minimum to the maximum.
  package struct Spread {
    let quantiles: [Double]
    let note: String

    /// - Parameters:
    ///   - quantiles: Minimum, lower quartile, median, upper quartile, maximum.
    ///   - note: The tooltip.
    package init(quantiles: [Double], note: String) {
      precondition(quantiles.count == 5)
      self.quantiles = quantiles
      self.note = note
    }
  }

  /// The text for screen readers.
  private let title: String
  private let scale: PlotAxis.Scale
  private let lines: [Line]
  private let spreads: [Spread?]
  private let levels: [Double]
  private let limits: ClosedRange<Double>

  /// - Parameters:
  ///   - title: The text for screen readers.
  ///   - lines: The lines.
  ///   - spreads: The boxes, one for each column. `nil` draws none.
  ///   - levels: The values of dashed lines through all columns.
  ///   - limits: The ends of the axis. Numbers beyond them are drawn at the edge.
  package init(
    title: String, _ scale: PlotAxis.Scale, lines: [Line] = [], spreads: [Spread?] = [], levels: [Double] = [],
    limits: ClosedRange<Double> = -Double.infinity...Double.infinity
  ) {
    self.title = title
    self.scale = scale
    self.lines = lines
    self.spreads = spreads
    self.levels = levels
    self.limits = limits
  }

  private var count: Int { max(spreads.count, lines.map(\.values.count).max() ?? 0) }

  /// Returns the drawing in the given size, as an SVG element.
  package func svg(width: Double, height: Double) -> String {
    let frame = PlotFrame(left: 56, right: width - 12, top: 14, bottom: height - 30)
    var drawing = Drawing(width: width, height: height, title: title)
    let numbers = lines.flatMap(\.values).compactMap { $0 } + spreads.compactMap { $0 }.flatMap(\.quantiles) + levels
    let axis = PlotAxis(
      numbers.map { min(max($0, limits.lowerBound), limits.upperBound) }, scale, from: frame.bottom, to: frame.top)
    frame.draw(vertical: axis, ticks: 6, on: &drawing)
    let step = (frame.right - frame.left) / Double(max(count, 1))
    func place(_ index: Int) -> Double { frame.left + step * (Double(index) + 0.5) }
    frame.drawSites(count, place, on: &drawing)
    for level in levels {
      drawing.line((frame.left, axis.place(level)), (frame.right, axis.place(level)), style: "limit")
    }
    draw(spreads, half: min(9, step * 0.3), place, axis, on: &drawing)
    for line in lines {
      let points = line.values.enumerated().compactMap { index, value in
        value.map { (x: place(index), y: axis.place($0)) }
      }
      drawing.path(points, style: line.style + (line.hasDots ? " thin" : ""))
    }
    let radius = width > 600 ? 3.5 : 2.2
    for line in lines where line.hasDots {
      for (index, value) in line.values.enumerated() {
        guard let value else { continue }
        drawing.dot(
          (place(index), axis.place(value)), radius: radius, style: line.style,
          note: index < line.notes.count ? line.notes[index] : nil)
      }
    }
    return drawing.svg
  }

  private func draw(
    _ spreads: [Spread?], half: Double, _ place: (Int) -> Double, _ axis: PlotAxis, on drawing: inout Drawing
  ) {
    for (index, spread) in spreads.enumerated() {
      guard let spread else { continue }
      let x = place(index), y = spread.quantiles.map(axis.place)
      drawing.line((x, y[4]), (x, y[0]), style: "whisker")
      drawing.bar(x: (x - half)...(x + half), y: y[3]...max(y[1], y[3]), style: "box", note: spread.note)
      drawing.line((x - half, y[2]), (x + half, y[2]), style: "median")
    }
  }
}

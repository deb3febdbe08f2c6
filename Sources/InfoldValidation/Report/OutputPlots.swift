import InfoldReports

/// The plots that compare the numbers of an output in two networks.
struct OutputPlots {
  private let points: [OutputDifference.Point]
  private let names: (second: String, first: String)
  /// Numbers of very different magnitudes, such as probabilities, need a logarithmic scale.
  private let scale: PlotAxis.Scale

  init(_ output: OutputReport) {
    self.init(output.difference, names: ("Folded", "unfolded"))
  }

  /// - Parameter names: The names of the second and the first network in the plots.
  init(_ output: OutputDifference, names: (second: String, first: String)) {
    points = output.points
    self.names = names
    let numbers = points.flatMap { [$0.first, $0.second] }
    let isWide = (numbers.min() ?? 0) > 0 && numbers.max()! / numbers.min()! > 1e3
    scale = isWide ? .logarithmic : .linear
  }

  /// Returns the section of an output on a page.
  /// - Parameters:
  ///   - note: The paragraph below the heading, as markup.
  ///   - agreement: The caption of the first plot, as markup.
  ///   - difference: The caption of the second plot, as markup.
  func section(_ name: String, note: String, agreement: String, difference: String) -> PageSection {
    func figure(_ draw: (Double, Double) -> String) -> PageFigure {
      PageFigure(wide: (520, 320), narrow: (350, 260), draw)
    }
    return PageSection(
      "Output <code>\(Markup.escaped(name))</code>", note: note,
      [
        points.isEmpty
          ? nil : PagePair([(agreement, figure(self.agreement)), (difference, figure(self.difference))])
      ])
  }

  /// Draws each number of the second network against that of the first. Equal numbers are on the
  /// diagonal.
  func agreement(_ width: Double, _ height: Double) -> String {
    plot(
      width, height, title: "\(names.second) against \(names.first) outputs", style: .first, scale, reference: { $0 },
      value: { $0.second })
  }

  /// Draws the difference of each number against that of the first network.
  func difference(_ width: Double, _ height: Double) -> String {
    plot(
      width, height, title: "Difference of \(names.second.lowercased()) and \(names.first) outputs", style: .second,
      .logarithmic,
      reference: nil, value: { ($0.second - $0.first).magnitude })
  }

  private func plot(
    _ width: Double, _ height: Double, title: String, style: PlotStyle, _ vertical: PlotAxis.Scale,
    reference: ((Double) -> Double)?, value: (OutputDifference.Point) -> Double
  ) -> String {
    let frame = PlotFrame(left: 62, right: width - 14, top: 14, bottom: height - 30)
    var drawing = Drawing(width: width, height: height, title: title)
    let ends = [points.map(\.first).min() ?? 0, points.map(\.first).max() ?? 1]
    let x = PlotAxis(ends, scale, from: frame.left, to: frame.right)
    let y = PlotAxis(points.map(value) + (reference.map(ends.map) ?? []), vertical, from: frame.bottom, to: frame.top)
    frame.draw(vertical: y, ticks: 5, on: &drawing)
    frame.draw(horizontal: x, ticks: width > 400 ? 6 : 4, on: &drawing)
    if let reference {
      drawing.path(ends.map { (x.place($0), y.place(reference($0))) }, style: PlotStyle.limit.rawValue)
    }
    for point in points {
      drawing.dot((x.place(point.first), y.place(value(point))), radius: 2.4, style: style.rawValue + " soft")
    }
    return drawing.svg
  }
}

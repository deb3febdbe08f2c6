import InfoldReports

/// The plots of an output: folded against unfolded numbers.
struct OutputPlots {
  private let points: [OutputReport.Point]
  /// Numbers of very different sizes, like probabilities, are only seen on a logarithmic scale.
  private let scale: PlotAxis.Scale

  init(_ output: OutputReport) {
    points = output.points
    let numbers = points.flatMap { [$0.unfolded, $0.folded] }
    let isWide = (numbers.min() ?? 0) > 0 && numbers.max()! / numbers.min()! > 1e3
    scale = isWide ? .logarithmic : .linear
  }

  /// Each number before and after: all on the diagonal, when folding is right.
  func agreement(_ width: Double, _ height: Double) -> String {
    plot(
      width, height, title: "Folded against unfolded outputs", style: .first, scale, reference: { $0 },
      value: { $0.folded })
  }

  /// How far each number moved.
  func difference(_ width: Double, _ height: Double) -> String {
    plot(
      width, height, title: "Difference of folded and unfolded outputs", style: .second, .logarithmic,
      reference: nil, value: { ($0.folded - $0.unfolded).magnitude })
  }

  private func plot(
    _ width: Double, _ height: Double, title: String, style: PlotStyle, _ vertical: PlotAxis.Scale,
    reference: ((Double) -> Double)?, value: (OutputReport.Point) -> Double
  ) -> String {
    let frame = PlotFrame(left: 62, right: width - 14, top: 14, bottom: height - 30)
    var drawing = Drawing(width: width, height: height, title: title)
    let ends = [points.map(\.unfolded).min() ?? 0, points.map(\.unfolded).max() ?? 1]
    let x = PlotAxis(ends, scale, from: frame.left, to: frame.right)
    let y = PlotAxis(points.map(value) + (reference.map(ends.map) ?? []), vertical, from: frame.bottom, to: frame.top)
    frame.draw(vertical: y, ticks: 5, on: &drawing)
    frame.draw(horizontal: x, ticks: width > 400 ? 6 : 4, on: &drawing)
    if let reference {
      drawing.path(ends.map { (x.place($0), y.place(reference($0))) }, style: PlotStyle.limit.rawValue)
    }
    for point in points {
      drawing.dot((x.place(point.unfolded), y.place(value(point))), radius: 2.4, style: style.rawValue + " soft")
    }
    return drawing.svg
  }
}

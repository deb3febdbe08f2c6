/// The plots of an output: folded against unfolded numbers.
struct OutputPlots {
  private let points: [OutputReport.Point]

  init(_ output: OutputReport) {
    points = output.points
  }

  /// Each number before and after: all on the diagonal, when folding is right.
  func agreement(width: Double, height: Double) -> String {
    plot(width, height, title: "Folded against unfolded outputs", style: "folded") { $0.folded } reference: { $0 }
  }

  /// What is left when the diagonal is taken away.
  func difference(width: Double, height: Double) -> String {
    plot(width, height, title: "Folded minus unfolded outputs", style: "unfolded") { $0.folded - $0.unfolded } reference: {
      _ in 0
    }
  }

  private func plot(
    _ width: Double, _ height: Double, title: String, style: String, _ value: (OutputReport.Point) -> Double,
    reference: (Double) -> Double
  ) -> String {
    let frame = PlotFrame(left: 70, right: width - 14, top: 14, bottom: height - 30)
    var drawing = Drawing(width: width, height: height, title: title)
    let ends = [points.map(\.unfolded).min() ?? 0, points.map(\.unfolded).max() ?? 1]
    let x = PlotAxis(ends, .linear, from: frame.left, to: frame.right)
    let y = PlotAxis(points.map(value) + ends.map(reference), .linear, from: frame.bottom, to: frame.top)
    frame.draw(vertical: y, ticks: 5, on: &drawing)
    frame.draw(horizontal: x, ticks: width > 400 ? 6 : 4, on: &drawing)
    drawing.path(ends.map { (x.place($0), y.place(reference($0))) }, style: "bound")
    for point in points {
      drawing.dot((x.place(point.unfolded), y.place(value(point))), radius: 2.4, style: style + " soft")
    }
    return drawing.svg
  }
}

import InfoldReports
import InfoldSystem

/// The plots of a quantization page.
struct QuantizationPlots {
  private let report: QuantizationReport

  init(_ report: QuantizationReport) {
    self.report = report
  }

  /// Draws a bar for each method.
  func steps(width: Double) -> String {
    let row = 34.0, left = width > 600 ? 170.0 : 128.0, right = width - (width > 600 ? 190 : 96)
    var drawing = Drawing(width: width, height: Double(report.steps.count) * row + 8, title: "Effect of each method")
    let most = report.steps.compactMap { $0.sqnr }.filter(\.isFinite).max() ?? 1
    for (index, step) in report.steps.enumerated() {
      let top = Double(index) * row + 6
      let ratio = step.sqnr.map { min(max($0 / max(most, 1e-9), 0), 1) } ?? 0
      drawing.text(QuantizationReport.text(step.method), at: (left - 8, top + 16), anchor: "end")
      drawing.bar(
        x: left...(left + max((right - left) * ratio, 1)), y: top...(top + 22), style: step.kept ? "step" : "lost")
      let classes = step.sameBestClass.map { " · \($0)/\(step.rows)" } ?? ""
      let text = "\(QuantizationReport.decibels(step.sqnr))\(width > 600 ? " dB" : "")\(classes)"
      drawing.text(text, at: (left + max((right - left) * ratio, 1) + 8, top + 16))
    }
    return drawing.svg
  }

  /// Draws the signal-to-noise ratio of each value.
  func errors(width: Double, height: Double) -> String {
    let frame = PlotFrame(left: 48, right: width - 12, top: 14, bottom: height - 30)
    var drawing = Drawing(width: width, height: height, title: "Signal-to-noise ratio of each quantized value, in dB")
    let values = report.values
    let all = values.flatMap { [$0.sqnr, $0.worstSample?.sqnr].compactMap { $0 } }
    let axis = PlotAxis(all + [0], .linear, from: frame.bottom, to: frame.top)
    frame.draw(vertical: axis, ticks: 6, on: &drawing)
    func place(_ index: Int) -> Double {
      frame.left + (frame.right - frame.left) * (Double(index) + 0.5) / Double(max(values.count, 1))
    }
    frame.drawSites(values.count, place, on: &drawing)
    func points(_ ratio: (QuantizationReport.Value) -> Double?) -> [(x: Double, y: Double)] {
      values.enumerated().compactMap { index, value in ratio(value).map { (place(index), axis.place($0)) } }
    }
    drawing.path(points { $0.worstSample?.sqnr }, style: "second thin")
    drawing.path(points { $0.sqnr }, style: "first thin")
    let radius = width > 600 ? 3.5 : 2.2
    for (index, value) in values.enumerated() {
      let name = "\(index + 1): \(value.name)"
      if let worst = value.worstSample?.sqnr {
        drawing.dot(
          (place(index), axis.place(worst)), radius: radius, style: "second",
          note: "\(name)\nworst sample \(QuantizationReport.decibels(worst)) dB")
      }
      if let ratio = value.sqnr {
        drawing.dot(
          (place(index), axis.place(ratio)), radius: radius, style: "first",
          note: "\(name)\n\(QuantizationReport.decibels(ratio)) dB")
      }
    }
    return drawing.svg
  }

  /// Draws the histogram of a value and the ends of its range.
  func histogram(_ index: Int) -> String {
    let value = report.values[index]
    let width = 240.0, height = 84.0, bottom = height - 18
    var drawing = Drawing(width: width, height: height, title: "Range of \(value.name)")
    let seen = value.histogram.map { [$0.lower, $0.upper] } ?? []
    let axis = PlotAxis(seen + [value.lower, value.upper, 0], .linear, from: 4, to: width - 4)
    if let histogram = value.histogram, let most = histogram.counts.max(), most > 0 {
      let heights = PlotAxis([0.5, Double(most)], .logarithmic, from: bottom, to: 6)
      let part = (histogram.upper - histogram.lower) / Double(histogram.counts.count)
      for (place, count) in histogram.counts.enumerated() where count > 0 {
        let start = histogram.lower + Double(place) * part
        let left = axis.place(start), right = max(axis.place(start + part) - 0.4, left + 0.4)
        drawing.bar(x: left...right, y: heights.place(Double(count))...bottom, style: "hist")
      }
    } else {
      drawing.bar(x: axis.place(value.lower)...axis.place(value.upper), y: (bottom - 8)...bottom, style: "hist")
    }
    drawing.line((0, bottom), (width, bottom), style: "axis")
    for end in [value.lower, value.upper] {
      drawing.line((axis.place(end), 2), (axis.place(end), bottom), style: "cut")
    }
    PlotFrame(left: 4, right: width - 4, top: 2, bottom: bottom - 2).draw(horizontal: axis, ticks: 4, on: &drawing)
    return drawing.svg
  }
}

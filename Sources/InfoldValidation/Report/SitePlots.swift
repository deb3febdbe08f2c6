import InfoldReports
import InfoldSystem

/// The plots along the network: one column for each site.
struct SitePlots {
  private let sites: [SiteReport]

  init(_ report: ProofReport) {
    sites = report.sites.filter { $0.state != .plain }
  }

  var isEmpty: Bool { sites.isEmpty }

  private func frame(_ width: Double, _ height: Double) -> PlotFrame {
    PlotFrame(left: 56, right: width - 12, top: 14, bottom: height - 30)
  }

  private func place(_ index: Int, _ frame: PlotFrame) -> Double {
    frame.left + (frame.right - frame.left) * (Double(index) + 0.5) / Double(sites.count)
  }

  /// The errors against the truth, and the bound, each as a share of the largest number of its site.
  func errors(width: Double, height: Double) -> String {
    let frame = frame(width, height)
    var drawing = Drawing(width: width, height: height, title: "Error of each site against double precision")
    let numbers = sites.map(\.numbers)
    func bound(_ numbers: SiteReport.Numbers) -> Double { numbers.folded.bound / numbers.largestMagnitude }
    let all = numbers.compactMap { $0 }.flatMap { [$0.folded.relativeError, $0.unfolded.relativeError, bound($0)] }
    let axis = PlotAxis(all, .logarithmic, from: frame.bottom, to: frame.top)
    frame.draw(vertical: axis, ticks: 7, on: &drawing)
    frame.drawSites(sites.count, { place($0, frame) }, on: &drawing)
    func points(_ value: (SiteReport.Numbers) -> Double) -> [(x: Double, y: Double)] {
      numbers.enumerated().compactMap { index, numbers in
        numbers.map { (place(index, frame), axis.place(value($0))) }
      }
    }
    drawing.path(points(bound), style: "bound")
    drawing.path(points(\.unfolded.relativeError), style: "unfolded thin")
    drawing.path(points(\.folded.relativeError), style: "folded thin")
    let radius = width > 600 ? 3.5 : 2.2
    for (index, numbers) in numbers.enumerated() {
      guard let numbers else { continue }
      let x = place(index, frame), name = "\(index + 1): \(sites[index].name)"
      drawing.dot(
        (x, axis.place(numbers.unfolded.relativeError)), radius: radius, style: "unfolded",
        note: "\(name)\nunfolded \(NumberText.short(numbers.unfolded.relativeError))")
      drawing.dot(
        (x, axis.place(numbers.folded.relativeError)), radius: radius, style: "folded",
        note: "\(name)\nfolded \(NumberText.short(numbers.folded.relativeError)), bound "
          + NumberText.short(bound(numbers)))
    }
    return drawing.svg
  }

  /// The folding factors: from smallest to largest, the quartiles as a box, and the median.
  func scales(width: Double, height: Double) -> String {
    let frame = frame(width, height)
    var drawing = Drawing(width: width, height: height, title: "Folding factors of each site")
    let all = sites.flatMap { [$0.scale.minimum, $0.scale.median, $0.scale.maximum] }
    let axis = PlotAxis(all, .logarithmic, from: frame.bottom, to: frame.top)
    frame.draw(vertical: axis, ticks: 6, on: &drawing)
    frame.drawSites(sites.count, { place($0, frame) }, on: &drawing)
    let half = min(9, (frame.right - frame.left) / Double(sites.count) * 0.3)
    for (index, site) in sites.enumerated() {
      let x = place(index, frame)
      let spread = site.scale
      drawing.line((x, axis.place(spread.maximum)), (x, axis.place(spread.minimum)), style: "whisker")
      drawing.bar(
        x: (x - half)...(x + half), y: axis.place(spread.upperQuartile)...axis.place(spread.lowerQuartile),
        style: "box",
        note:
          "\(index + 1): \(site.name)\n\(NumberText.short(spread.minimum)) to \(NumberText.short(spread.maximum)), "
          + "median \(NumberText.short(spread.median))")
      let median = axis.place(spread.median)
      drawing.line((x - half, median), (x + half, median), style: "median")
    }
    return drawing.svg
  }
}

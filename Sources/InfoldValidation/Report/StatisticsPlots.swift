import InfoldReports
import InfoldSystem

/// The plots of a diagnosis of statistics.
struct StatisticsPlots {
  /// The largest shift of the axis. Larger shifts are drawn at the edge, because those of nearly
  /// constant channels are unbounded.
  static let mostShift = 6.0
  private static let ratioLimits = 1e-3...1e3

  private let layers: [StatisticsDiagnosis.Layer]

  init(_ diagnosis: StatisticsDiagnosis) {
    layers = diagnosis.layers
  }

  var isEmpty: Bool { layers.allSatisfy { $0.shifts.isEmpty } }

  /// The distribution of each layer's shifts.
  var shifts: ColumnPlot {
    ColumnPlot(
      title: "Shift of the means of each layer", .linear, spreads: spreads(\.shifts), levels: [0],
      limits: -Self.mostShift...Self.mostShift)
  }

  /// The distribution of each layer's ratios of variances.
  var ratios: ColumnPlot {
    ColumnPlot(
      title: "Ratio of the variances of each layer", .logarithmic, spreads: spreads(\.varianceRatios), levels: [1],
      limits: Self.ratioLimits)
  }

  /// The divergence of each layer.
  var divergences: ColumnPlot {
    ColumnPlot(
      title: "Divergence of each layer", .logarithmic,
      lines: [
        ColumnPlot.Line(
          style: .first, values: layers.map { layer in layer.divergence.map { max($0, 1e-6) } },
          notes: layers.enumerated().map { index, layer in
            "\(index + 1): \(layer.name)\n\(layer.divergence.map(NumberText.short) ?? "none")"
          })
      ], levels: [StatisticsDiagnosis.misfit])
  }

  private func spreads(_ values: KeyPath<StatisticsDiagnosis.Layer, [Double]>) -> [ColumnPlot.Spread?] {
    layers.enumerated().map { index, layer in
      let sorted = layer[keyPath: values].sorted()
      guard !sorted.isEmpty else { return nil }
      let quantiles = [0, 0.25, 0.5, 0.75, 1].map { sorted[Int((Double(sorted.count - 1) * $0).rounded())] }
      return ColumnPlot.Spread(
        quantiles: quantiles,
        note:
          "\(index + 1): \(layer.name)\n\(NumberText.short(quantiles[0])) to \(NumberText.short(quantiles[4])), median "
          + NumberText.short(quantiles[2]))
    }
  }

  /// The first four layers and the eight that fit worst, in the order of the network.
  var layersOfInterest: [Int] {
    let known = layers.indices.filter { !layers[$0].shifts.isEmpty }
    let worst = known.sorted { (layers[$0].divergence ?? 0, $1) > (layers[$1].divergence ?? 0, $0) }.prefix(8)
    return Set(known.prefix(4)).union(worst).sorted()
  }

  /// Draws the channels of a layer: the ratio of variances against the shift.
  func channels(of index: Int) -> String {
    let layer = layers[index]
    let (width, height) = (330.0, 230.0)
    let frame = PlotFrame(left: 50, right: width - 12, top: 10, bottom: height - 26)
    var drawing = Drawing(width: width, height: height, title: "Channels of layer \(index + 1)")
    let shifts = layer.shifts.map { min(max($0, -Self.mostShift), Self.mostShift) }
    let ratios = layer.varianceRatios.map { min(max($0, Self.ratioLimits.lowerBound), Self.ratioLimits.upperBound) }
    let x = PlotAxis(shifts + [-1, 1], .linear, from: frame.left, to: frame.right)
    let y = PlotAxis(ratios + [0.5, 2], .logarithmic, from: frame.bottom, to: frame.top)
    frame.draw(vertical: y, ticks: 4, on: &drawing)
    frame.draw(horizontal: x, ticks: 5, on: &drawing)
    drawing.line((frame.left, y.place(1)), (frame.right, y.place(1)), style: PlotStyle.limit.rawValue)
    drawing.line((x.place(0), frame.top), (x.place(0), frame.bottom), style: PlotStyle.limit.rawValue)
    let dead = Set(layer.deadChannels)
    // Statistics per activation have one dot for each position. About four thousand of them are
    // enough.
    let step = max(1, (shifts.count + 4095) / 4096)
    let repeats = max(1, shifts.count / max(1, layer.channels))
    func points(_ isDead: Bool) -> [(x: Double, y: Double)] {
      stride(from: 0, to: shifts.count, by: step).filter { dead.contains($0 / repeats) == isDead }
        .map { (x.place(shifts[$0]), y.place(ratios[$0])) }
    }
    drawing.dots(points(false), style: PlotStyle.first.rawValue)
    drawing.dots(points(true), style: PlotStyle.second.rawValue)
    return drawing.svg
  }
}

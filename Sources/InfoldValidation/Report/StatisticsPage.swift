import InfoldReports
import InfoldSystem

/// A diagnosis of statistics as a self-contained HTML page, without scripts or network access.
/// Names from the model are untrusted input and are escaped.
public struct StatisticsPage: Sendable {
  private let diagnosis: StatisticsDiagnosis
  private let model: String?

  /// - Parameters:
  ///   - diagnosis: The content of the page.
  ///   - model: The path of the model. The page shows only the file name.
  public init(_ diagnosis: StatisticsDiagnosis, model: String?) {
    self.diagnosis = diagnosis
    self.model = model
  }

  /// The page as HTML.
  public var html: String {
    let layers = NumberText.counted(diagnosis.layers.count, "batch normalization")
    return Page(
      topic: "Statistics", models: [model], title: "Statistics of \(model.map(Page.fileName) ?? "a model")",
      outcome: outcome, lead: "\(layers), over \(NumberText.counted(diagnosis.samples, "sample"))",
      elements: [tiles, findings, inputs] + plots + [effect, table, channels],
      footer: """
        Shift: (mean − stored mean) ÷ √(σ² + ε). Ratio: (variance + ε) ÷ (σ² + ε). Divergence: the Kullback–Leibler divergence
        of normal distributions in nats, averaged over the channels without the largest twentieth.
        """
    ).html
  }

  private var outcome: PageBadge {
    if diagnosis.inputs?.finding != nil { return PageBadge("wrong preprocessing", .failed) }
    let count = diagnosis.misfits.count
    return count == 0
      ? PageBadge("statistics fit", .passed)
      : PageBadge("\(count) of \(diagnosis.layers.count) do not fit", .neutral)
  }

  private var tiles: PageTiles {
    var tiles: [(figure: String, meaning: String)] = []
    if let divergence = diagnosis.medianDivergence {
      tiles.append(
        (NumberText.significant(divergence, digits: 2), "median divergence from the running statistics, in nats"))
    }
    tiles.append(
      ("\(diagnosis.misfits.count) of \(diagnosis.layers.count)", "layers whose running statistics do not fit"))
    tiles.append((NumberText.grouped(diagnosis.deadChannelCount), "channels with a variance of at most ε"))
    if diagnosis.removal.removableChannels > 0 {
      tiles.append(
        (
          NumberText.percentage(diagnosis.removal.parameterShare),
          "of the parameters belong to removable constant channels"
        ))
    }
    if let output = diagnosis.effect?.outputs.first {
      if let classes = output.classes {
        tiles.append(("\(classes.same) of \(classes.rows)", "best classes unchanged by the new statistics"))
      } else if let cosine = output.cosine {
        tiles.append((NumberText.significant(cosine, digits: 4), "cosine of the outputs with new statistics"))
      }
    }
    return PageTiles(tiles)
  }

  private var findings: PageSection {
    PageSection("Findings", [PageList(diagnosis.sentences), PageList(title: "Notes", diagnosis.notes)])
  }

  private var inputs: PageSection? {
    guard let inputs = diagnosis.inputs, inputs.trials.count > 1 else { return nil }
    let most = 8 * max(inputs.trials[0].divergence, .leastNormalMagnitude)
    let rows = inputs.trials.prefix(24).map { trial in
      let isPresent = trial.changes.isEmpty
      return [
        PageTable.swatch(
          isPresent
            ? PlotStyle.second.color : trial.changes == inputs.finding?.changes ? PlotStyle.first.color : "var(--grid)"),
        PageTable.named(isPresent ? "current" : trial.changes.joined(separator: "; "), trial.remedy),
        PageTable.meter(trial.divergence / most, text: Self.number(trial.divergence)),
      ]
    }
    return PageSection(
      "Other preprocessing of the inputs",
      note: """
        The divergence of \(inputs.samples) samples from the running statistics in nats, for each preprocessing. Early layers
        weigh more. Another preprocessing is a finding if it fits better by a factor of
        \(NumberText.short(InputDiagnosis.leastImprovement)). Bars end at eight times the smallest.
        """,
      [
        PageLegend(
          [(color: PlotStyle.second.color, meaning: "current")]
            + (inputs.finding == nil ? [] : [(color: PlotStyle.first.color, meaning: "fits clearly better")])),
        PageTable(columns: ["", "preprocessing", "divergence"], rows: rows),
      ])
  }

  private static func number(_ value: Double) -> String {
    value >= 1000 && value < 1e9 ? NumberText.grouped(Int(value.rounded())) : NumberText.short(value)
  }

  private var plots: [PageSection?] {
    let plots = StatisticsPlots(diagnosis)
    guard !plots.isEmpty else { return [] }
    return [
      PageSection(
        "Shift of the means along the network",
        note: """
          In units of the stored standard deviation, from the minimum to the maximum over the channels of each layer, with a box for the
          middle half and a line for the median. Values beyond ±\(NumberText.short(StatisticsPlots.mostShift)) are drawn at the edge.
          """, [PageFigure(plots.shifts.svg)]),
      PageSection(
        "Ratio of the variances along the network",
        note: "Measured variance divided by stored variance. 1 means no change.", [PageFigure(plots.ratios.svg)]),
      PageSection(
        "Divergence along the network",
        note:
          "From \(NumberText.short(StatisticsDiagnosis.misfit)) on (dashed line), the running statistics do not fit.",
        [PageFigure(plots.divergences.svg)]),
    ]
  }

  private var effect: PageSection? {
    guard let effect = diagnosis.effect, !effect.outputs.isEmpty else { return nil }
    let rows = effect.outputs.prefix(32).enumerated().map { index, output in
      [
        "\(index + 1)", PageTable.named(output.name), NumberText.short(output.largestDifference),
        NumberText.percentage(output.relativeDifference),
        output.cosine.map { NumberText.significant($0, digits: 6) } ?? "–",
        output.classes.map { "\($0.same) of \($0.rows)" } ?? "–",
      ]
    }
    return PageSection(
      "Effect of the new statistics on the outputs",
      note: """
        The model with its running statistics compared with the model with the statistics of the data set, over
        \(NumberText.counted(effect.samples, "sample")). A data set similar to the training data changes little.
        """,
      [
        PageTable(
          columns: [
            "#", "output", "largest difference", "relative to the largest magnitude", "smallest cosine",
            "same best class",
          ],
          rows: rows)
      ])
  }

  private var table: PageSection {
    let rows = diagnosis.layers.enumerated().map { index, layer in
      let shifts = layer.shifts.map(\.magnitude).sorted(), ratios = layer.varianceRatios.sorted()
      func text(_ value: Double?) -> String { value.map { NumberText.significant($0, digits: 2) } ?? "–" }
      func middle(_ values: [Double]) -> String { text(values.isEmpty ? nil : values[values.count / 2]) }
      let divergence = layer.divergence.map { value in
        PageTable.meter(value, text: NumberText.significant(value, digits: 2), isWrong: !layer.fits)
      }
      return [
        "\(index + 1)", PageTable.named(layer.name), "\(layer.shifts.count)", middle(shifts), text(shifts.last),
        text(ratios.first), middle(ratios), text(ratios.last), divergence ?? "–",
        layer.deadChannels.isEmpty ? "" : "\(layer.deadChannels.count)",
      ]
    }
    return PageSection(
      "Layers",
      [
        PageTable(
          columns: [
            "#", "layer", "channels", "median |shift|", "largest", "smallest ratio", "median", "largest", "divergence",
            "dead",
          ], rows: rows)
      ])
  }

  private var channels: PageSection? {
    let plots = StatisticsPlots(diagnosis)
    let chosen = plots.layersOfInterest
    guard !chosen.isEmpty else { return nil }
    let figures = chosen.map { index in
      "<div><p class=\"note\"><b>\(index + 1)</b> \(Markup.escaped(diagnosis.layers[index].name))</p>"
        + plots.channels(of: index) + "</div>"
    }
    return PageSection(
      "Channels",
      note: """
        The first layers, and those that fit worst. Each dot is a channel, with its shift on the horizontal and the ratio of its
        variances on the vertical axis. Without any change, all dots are at (0, 1). A wrong scale of the inputs moves all of them
        together.
        """,
      [
        PageLegend([(style: .first, "alive"), (.second, "variance of at most ε, stored or measured")]),
        PageMarkup("<div class=\"grids\">\(figures.joined(separator: "\n"))</div>"),
      ])
  }
}

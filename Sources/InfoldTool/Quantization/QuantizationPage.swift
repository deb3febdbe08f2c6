import InfoldReports
import InfoldSystem

/// The result of a quantization as a self-contained HTML page without scripts. Names from the model
/// are escaped.
struct QuantizationPage {
  private let report: QuantizationReport
  private let model: String

  init(_ report: QuantizationReport, model: String) {
    self.report = report
    self.model = model
  }

  /// The HTML text.
  var html: String {
    var page = Page(
      topic: "Quantization", models: [model], title: "Quantization of \(Page.fileName(model))", lead: lead,
      elements: [tiles, notes, steps, errors, ranges, weights],
      footer: "SQNR: ten times the decimal logarithm of the energy of a value divided by that of its error.")
    page.styles = Self.styles
    return page.html
  }

  private static let styles = """
    .hist{fill:var(--first);fill-opacity:.55}
    .cut{stroke:var(--second);stroke-width:1.6}
    .seen{fill:var(--first);fill-opacity:.8}
    .step{fill:var(--first)}
    .lost{fill:var(--limit);fill-opacity:.5}
    .many{display:grid;grid-template-columns:repeat(auto-fill,minmax(240px,1fr));gap:14px 22px;margin-top:12px}
    .many figure{margin:0}
    .many figcaption{font-size:13px;overflow-wrap:anywhere}
    .many figcaption small{display:block;color:var(--faint)}
    """

  private var plots: QuantizationPlots { QuantizationPlots(report) }

  private var lead: String {
    "\(Markup.escaped(report.evidence)); compared on "
      + NumberText.counted(report.compared, report.samples > 0 ? "sample" : "random picture")
  }

  private var steps: PageSection {
    PageSection(
      "Effect of each method",
      note: """
        The signal-to-noise ratio at the outputs, with this method and those before it. 6 dB correspond to one bit. Gray methods made
        the outputs worse and are not used.
        """,
      [
        PageMarkup(
          "<div class=\"wide\">\(plots.steps(width: 1070))</div><div class=\"narrow\">\(plots.steps(width: 350))</div>")
      ])
  }

  private var errors: PageSection {
    PageSection(
      "Error along the network",
      note: """
        The signal-to-noise ratio of each quantized value, over all samples and for the worst sample. It includes the errors of
        all earlier nodes.
        """,
      [
        PageLegend([(style: .first, "all samples"), (.second, "worst sample")]),
        PageFigure(wide: (1070, 320), narrow: (350, 260), { plots.errors(width: $0, height: $1) }),
      ])
  }

  private var ranges: PageSection {
    PageSection(
      "Ranges",
      note: """
        The distribution of each value on a logarithmic scale, and the ends of its range. Values outside are clipped. A range
        without a histogram comes from the statistics of batch normalizations.
        """,
      [PageMarkup("<div class=\"many\">\(report.values.indices.map(figure).joined(separator: "\n"))</div>")])
  }

  private var tiles: PageTiles {
    var tiles: [(figure: String, meaning: String)] = report.outputs.prefix(2).map {
      (QuantizationReport.decibels($0.sqnr) + " dB", "at the output \($0.name)")
    }
    if let same = report.sameBestClass { tiles.append(("\(same) of \(report.rows)", "with the same best class")) }
    tiles.append((String(report.quantizedNodes), "8-bit nodes"))
    if let after = report.bytesAfter {
      tiles.append(
        (
          NumberText.scaled(after, unit: "B"),
          report.bytesBefore.map { "instead of " + NumberText.scaled($0, unit: "B") } ?? "size of the file"
        ))
    }
    return PageTiles(tiles)
  }

  private var notes: PageSection? {
    var lines = report.warnings
    lines += report.refusals.map { "\($0.node) is not quantized: \($0.reason)" }
    lines += report.floatNodes.map {
      "\($0.node) stays in float: \(NumberText.fixed($0.share, digits: 2)) % of the multiplications"
    }
    if !report.unsearchedLayers.isEmpty {
      lines.append(
        "rounded to nearest because of the rounding limit: " + report.unsearchedLayers.joined(separator: ", "))
    }
    return lines.isEmpty ? nil : PageSection("Notes", [PageList(lines)])
  }

  private func figure(_ index: Int) -> String {
    let value = report.values[index]
    let ends = "\(NumberText.significant(value.lower, digits: 3)) … \(NumberText.significant(value.upper, digits: 3))"
    return """
      <figure><figcaption><code>\(Markup.escaped(value.name))</code><small>\(Markup.escaped(ends)) · \(Markup.escaped(value.origin)) · \
      \(QuantizationReport.decibels(value.sqnr)) dB</small></figcaption>\(plots.histogram(index))</figure>
      """
  }

  private var weights: PageSection {
    PageSection(
      "Weights", note: "The rounding error of the weights of each layer.",
      [
        PageTable(
          columns: ["", "Layer", "Weights", "SQNR dB"],
          rows: report.weights.enumerated().map { index, layer in
            [
              "\(index + 1)", Markup.escaped(layer.node), NumberText.grouped(layer.count),
              QuantizationReport.decibels(layer.sqnr),
            ]
          })
      ])
  }
}

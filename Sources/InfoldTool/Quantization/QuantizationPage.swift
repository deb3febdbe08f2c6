import InfoldReports
import InfoldSystem

/// What became of a quantized network as one HTML page that needs nothing else: no network, no script. Names of the model are escaped.
struct QuantizationPage {
  private let report: QuantizationReport
  private let model: String

  init(_ report: QuantizationReport, model: String) {
    self.report = report
    self.model = model
  }

  /// The page.
  var html: String {
    Page(title: "Quantization of \(Self.fileName(model))", styles: Self.styles, content: content).html
  }

  private static func fileName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  private static let styles = """
    .hist{fill:var(--folded);fill-opacity:.55}
    .cut{stroke:var(--unfolded);stroke-width:1.6}
    .seen{fill:var(--folded);fill-opacity:.8}
    .step{fill:var(--folded)}
    .lost{fill:var(--bound);fill-opacity:.5}
    .many{display:grid;grid-template-columns:repeat(auto-fill,minmax(240px,1fr));gap:14px 22px;margin-top:12px}
    .many figure{margin:0}
    .many figcaption{font-size:13px;overflow-wrap:anywhere}
    .many figcaption small{display:block;color:var(--faint)}
    """

  private var content: String {
    let plots = QuantizationPlots(report)
    return """
      <p class="lead">\(Markup.escaped(report.evidence)); compared on \(NumberText.counted(report.compared, report.samples > 0 ? "sample" : "random picture"))</p>
      \(tiles)
      \(remarks)
      <section><h2>What each method brought</h2>
      <p class="note">The signal-to-noise ratio at the outputs, with the method and those before it. 6 dB are one bit. A method that made
      the outputs worse is grey, and left out.</p>
      <div class="wide">\(plots.steps(width: 1070))</div>
      <div class="narrow">\(plots.steps(width: 350))</div>
      </section>
      <section><h2>Error along the network</h2>
      <p class="note">The signal-to-noise ratio of each quantized value, errors of everything before it included: over all samples, and in
      the worst of them.</p>
      <div class="legend"><span><i style="background:var(--folded)"></i>all samples</span><span><i
      style="background:var(--unfolded)"></i>worst sample</span></div>
      <div class="wide">\(plots.errors(width: 1070, height: 320))</div>
      <div class="narrow">\(plots.errors(width: 350, height: 260))</div>
      </section>
      <section><h2>Ranges</h2>
      <p class="note">How often numbers came up, on a logarithmic scale, and where their range was cut. Without a histogram, the range is
      what batch normalizations say.</p>
      <div class="many">\(report.values.indices.map { figure($0, plots) }.joined(separator: "\n"))</div>
      </section>
      \(table)
      <footer>SQNR: ten times the logarithm of the energy of a value by that of its error.</footer>
      """
  }

  private var tiles: String {
    var tiles = report.outputs.prefix(2).map {
      (QuantizationReport.decibels($0.sqnr) + " dB", "at the output \($0.name)")
    }
    if let same = report.sameBestClass { tiles.append(("\(same) of \(report.rows)", "with the same best class")) }
    tiles.append((String(report.quantizedNodes), "nodes with numbers of 8 bits"))
    if let after = report.bytesAfter {
      tiles.append(
        (
          NumberText.scaled(after, unit: "B"),
          report.bytesBefore.map { "instead of " + NumberText.scaled($0, unit: "B") } ?? "the file"
        ))
    }
    return "<div class=\"tiles\">"
      + tiles.map { "<div class=\"tile\"><b>\(Markup.escaped($0.0))</b><span>\(Markup.escaped($0.1))</span></div>" }
      .joined()
      + "</div>"
  }

  private var remarks: String {
    var lines = report.warnings
    lines += report.refusals.map { "\($0.node) stays: \($0.reason)" }
    lines += report.floatNodes.map {
      "\($0.node) stays in floats, with \(NumberText.fixed($0.share, digits: 2)) % of the multiplications"
    }
    if !report.unsearchedLayers.isEmpty {
      lines.append(
        "rounded to nearest within the limit of the search: " + report.unsearchedLayers.joined(separator: ", "))
    }
    guard !lines.isEmpty else { return "" }
    return "<section><h2>Worth knowing</h2><ul>" + lines.map { "<li>\(Markup.escaped($0))</li>" }.joined()
      + "</ul></section>"
  }

  private func figure(_ index: Int, _ plots: QuantizationPlots) -> String {
    let value = report.values[index]
    let ends = "\(NumberText.significant(value.lower, digits: 3)) … \(NumberText.significant(value.upper, digits: 3))"
    return """
      <figure><figcaption><code>\(Markup.escaped(value.name))</code><small>\(Markup.escaped(ends)) · \(Markup.escaped(value.origin)) · \
      \(QuantizationReport.decibels(value.sqnr)) dB</small></figcaption>\(plots.histogram(index))</figure>
      """
  }

  private var table: String {
    let columns = ["", "layer", "weights", "SQNR dB"]
    let rows = report.weights.enumerated().map { index, layer in
      [
        "\(index + 1)", Markup.escaped(layer.node), NumberText.grouped(layer.count),
        QuantizationReport.decibels(layer.sqnr),
      ]
    }
    let head = columns.map { "<th>\($0)</th>" }.joined()
    let body = rows.map { row in
      "<tr>" + zip(columns, row).map { "<td data-name=\"\($0)\">\($1)</td>" }.joined() + "</tr>"
    }
    return """
      <section><h2>Weights</h2>
      <p class="note">What rounding changed about the weights of each layer.</p>
      <div class="scroll"><table><thead><tr>\(head)</tr></thead>
      <tbody>
      \(body.joined(separator: "\n"))
      </tbody></table></div></section>
      """
  }
}

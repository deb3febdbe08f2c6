import InfoldReports
import InfoldSystem
import InfoldValidation

/// A profile as an HTML page. Names from the model are escaped.
struct ProfilePage {
  private let report: ProfileReport
  private let model: String

  init(_ report: ProfileReport, model: String) {
    self.report = report
    self.model = model
  }

  /// The HTML text.
  var html: String {
    var page = Page(
      topic: "Profile", models: [model], title: "Profile of \(Page.fileName(model))",
      lead: "\(NumberText.counted(report.threads, "thread")), \(Markup.escaped(report.instructionSet))",
      elements: [
        tiles,
        PageSection(
          "Layers in their order",
          note: "Each is as wide as its share of the time, and says what it is under the pointer.",
          [PageMarkup("<div class=\"strip\">\(strip)</div>")]),
        table("By operator", totalRows, columns: ["", "operator", "steps", "ms", "share", "GFLOP/s", "of peak"]),
        table("Layers", layerRows, columns: ["", "layer", "shape", "ms", "share", "GFLOP/s", "of peak"]),
      ], footer: "Times are medians. GFLOP/s count the operations of the standard's definition.")
    page.styles = Self.styles
    return page.html
  }

  private static let styles = """

    .strip{display:flex;height:56px;margin:12px 0 4px;border-radius:8px;overflow:hidden}
    .strip i{height:100%;border-right:1px solid var(--card)}
    """

  private var tiles: PageTiles {
    var tiles: [(figure: String, meaning: String)] = [
      ("\(NumberText.fixed(report.milliseconds, digits: 2)) ms", "one inference"), ("\(report.layers.count)", "layers"),
      (NumberText.fixed(report.peakGFLOPs, digits: 1), "GFLOP/s at the peak"),
    ]
    if let peak = report.peakInt8GOPs {
      tiles.append((NumberText.fixed(peak, digits: 1), "GOP/s of int8 at the peak"))
    }
    return PageTiles(tiles)
  }

  private var strip: String {
    report.layers.map { layer in
      let text = "\(layer.node) · \(layer.operation) · \(NumberText.fixed(layer.milliseconds, digits: 3)) ms"
      return "<i title=\"\(Markup.escaped(text))\" style=\"flex:\(NumberText.fixed(layer.share, digits: 6)) 0 0;"
        + "background:\(color(of: layer.operation))\"></i>"
    }.joined(separator: "\n")
  }

  /// The color of an operator: hues in steps of the golden angle, ordered by time.
  private func color(of operation: String) -> String {
    let rank = report.totals.firstIndex { $0.operation == operation } ?? 0
    return "hsl(\((214 + rank * 137) % 360) 58% 54%)"
  }

  private var totalRows: [[String]] {
    report.totals.map { total in
      [
        swatch(total.operation), PageTable.named(total.operation, total.algorithm), String(total.steps),
        NumberText.fixed(total.milliseconds, digits: 3), PageTable.meter(total.share), speed(total.gflops),
        part(total.shareOfPeak),
      ]
    }
  }

  private var layerRows: [[String]] {
    report.listed.map { layer, depth in
      [
        swatch(layer.operation),
        PageTable.named(String(repeating: "· ", count: depth) + layer.node, "\(layer.operation) \(layer.algorithm)"),
        layer.shape.map(String.init).joined(separator: "×"), NumberText.fixed(layer.milliseconds, digits: 3),
        PageTable.meter(layer.share), speed(layer.gflops), part(layer.shareOfPeak),
      ]
    }
  }

  private func table(_ title: String, _ rows: [[String]], columns: [String]) -> PageSection {
    PageSection(title, [PageTable(columns: columns, rows: rows)])
  }

  private func swatch(_ operation: String) -> String { PageTable.swatch(color(of: operation)) }

  private func speed(_ gflops: Double?) -> String { gflops.map { NumberText.fixed($0, digits: 1) } ?? "" }

  private func part(_ share: Double?) -> String { share.map(NumberText.percentage) ?? "" }
}

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
    let name = model.split(separator: "/").last.map(String.init) ?? model
    return Page(title: "Profile of \(name)", styles: Self.styles, content: content).html
  }

  private static let styles = """

    .strip{display:flex;height:56px;margin:12px 0 4px;border-radius:8px;overflow:hidden}
    .strip i{height:100%;border-right:1px solid var(--card)}
    """

  private var content: String {
    """
    <p class="lead">\(NumberText.counted(report.threads, "thread")), \(Markup.escaped(report.instructionSet))</p>
    <div class="tiles">
    <div class="tile"><b>\(NumberText.fixed(report.milliseconds, digits: 2)) ms</b><span>one inference</span></div>
    <div class="tile"><b>\(report.layers.count)</b><span>layers</span></div>
    <div class="tile"><b>\(NumberText.fixed(report.peakGFLOPs, digits: 1))</b><span>peak GFLOP/s</span></div>\(bytePeak)
    </div>
    <section><h2>Layers in order</h2>
    <p class="note">Widths are shares of the time. Hover for details.</p>
    <div class="strip">\(strip)</div></section>
    \(table("By operator", totalRows, columns: ["", "operator", "steps", "ms", "share", "GFLOP/s", "of peak"]))
    \(table("Layers", layerRows, columns: ["", "layer", "shape", "ms", "share", "GFLOP/s", "of peak"]))
    <footer>Times are medians. GFLOP/s count the operations of the operator's definition.</footer>
    """
  }

  private var bytePeak: String {
    guard let peak = report.peakInt8GOPs else { return "" }
    return
      "\n<div class=\"tile\"><b>\(NumberText.fixed(peak, digits: 1))</b><span>peak int8 GOP/s</span></div>"
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
        swatch(total.operation), named(total.operation, total.algorithm), String(total.steps),
        NumberText.fixed(total.milliseconds, digits: 3), meter(total.share), speed(total.gflops),
        part(total.shareOfPeak),
      ]
    }
  }

  private var layerRows: [[String]] {
    report.listed.map { layer, depth in
      [
        swatch(layer.operation),
        named(String(repeating: "· ", count: depth) + layer.node, "\(layer.operation) \(layer.algorithm)"),
        layer.shape.map(String.init).joined(separator: "×"), NumberText.fixed(layer.milliseconds, digits: 3),
        meter(layer.share), speed(layer.gflops), part(layer.shareOfPeak),
      ]
    }
  }

  private func table(_ title: String, _ rows: [[String]], columns: [String]) -> String {
    let head = columns.map { "<th>\($0)</th>" }.joined()
    let body = rows.map { row in
      "<tr>" + zip(columns, row).map { "<td data-name=\"\($0)\">\($1)</td>" }.joined() + "</tr>"
    }
    return """
      <section><h2>\(title)</h2><div class="scroll"><table><thead><tr>\(head)</tr></thead>
      <tbody>
      \(body.joined(separator: "\n"))
      </tbody></table></div></section>
      """
  }

  private func swatch(_ operation: String) -> String {
    "<svg viewBox=\"0 0 10 10\" style=\"width:10px\"><circle cx=\"5\" cy=\"5\" r=\"5\" fill=\"\(color(of: operation))\"/></svg>"
  }

  private func named(_ name: String, _ detail: String) -> String {
    "\(Markup.escaped(name))<small>\(Markup.escaped(detail))</small>"
  }

  private func meter(_ share: Double) -> String {
    let width = NumberText.fixed(min(max(share, 0), 1) * 100, digits: 1)
    return "<span class=\"meter\"><i style=\"width:\(width)%\"></i></span>"
      + "<span class=\"share\">\(NumberText.percentage(share))</span>"
  }

  private func speed(_ gflops: Double?) -> String { gflops.map { NumberText.fixed($0, digits: 1) } ?? "" }

  private func part(_ share: Double?) -> String { share.map(NumberText.percentage) ?? "" }
}

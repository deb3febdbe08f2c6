import InfoldReports
import InfoldSystem

/// A comparison as one HTML page that needs nothing else: no network, no script. Names of the models, which are a stranger's, are
/// escaped.
public struct ComparisonPage: Sendable {
  private let report: ComparisonReport

  /// The page of `report`.
  public init(_ report: ComparisonReport) {
    self.report = report
  }

  /// The page.
  public var html: String {
    let other = report.other ?? "a model", first = report.model ?? "another"
    let title =
      other == first ? "Values of \(Self.fileName(first))" : "\(Self.fileName(other)) against \(Self.fileName(first))"
    let badge =
      report.equal
      ? "<span class=\"verdict passed\">equal</span>" : "<span class=\"verdict failed\">different</span>"
    return Page(title: title, badge: badge, styles: Self.styles, content: content).html
  }

  private static let styles = """

    circle.beyond{fill:var(--bad)}
    .way{margin:10px 0 0;padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:4px}
    .way li{margin:0}
    .way li+li::before{content:"→";color:var(--faint);margin-right:4px}
    .facts td:first-child{color:var(--faint);width:1%;min-width:150px}
    .facts td:nth-child(2){max-width:none;text-align:left}
    @media(max-width:700px){.facts td:first-child{float:none;text-align:left;padding:0}.facts td:nth-child(2){font-weight:400}}
    """

  private static func fileName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  private var content: String {
    """
    \(lead)
    \(tiles)
    \(difference)
    \(steps)
    \(outputs)
    \(notes)
    <footer>Expected is what the first network makes, in double precision, of the second one's own values before each node. Bounds
    follow from an error analysis to the first order (Higham, Accuracy and Stability of Numerical Algorithms, section 3.3).</footer>
    """
  }

  private var lead: String {
    let names = report.inputs.prefix(4).map { Markup.escaped(Self.fileName($0)) }.joined(separator: ", ")
    let more = report.inputs.count > 4 ? " and \(report.inputs.count - 4) more" : ""
    return names.isEmpty ? "" : "<p class=\"lead\">compared on \(names)\(more)</p>"
  }

  private var tiles: String {
    var tiles = [("\(report.values.compared) of \(report.values.total)", "values compared")]
    let share = report.steps.map(\.share).max() ?? 0
    if share.isFinite {
      tiles.append(
        share > 1
          ? ("\(NumberText.short(share)) times", "its bound at the value that is furthest off")
          : ("\(NumberText.short(share * 100)) %", "of its bound at the value that is furthest off"))
    }
    if let output = report.outputs.first {
      tiles.append((NumberText.short(output.largestDifference), "largest difference of the first output"))
      if let classes = output.classes {
        tiles.append(("\(classes.same) of \(classes.rows)", "rows with the same best class"))
      }
    }
    return "<div class=\"tiles\">"
      + tiles.map { "<div class=\"tile\"><b>\(Markup.escaped($0.0))</b><span>\($0.1)</span></div>" }.joined() + "</div>"
  }

  private var difference: String {
    guard let first = report.first else {
      return
        "<section><h2>No difference</h2><p class=\"note\">No value differs by more than rounding explains.</p></section>"
    }
    func code(_ text: String) -> String { "<code>\(Markup.escaped(text))</code>" }
    var facts = [
      ("node", code(first.node)), ("value", code(first.value)),
      ("in the first model", "\(code(first.matchedValue)) of \(code(first.matchedNode))"),
      (
        "difference",
        "\(NumberText.significant(first.difference, digits: 3)) at \(first.place), in \(counted(first.elements, "element"))"
      ),
      ("rounding explains", NumberText.significant(first.allowed, digits: 3)),
      ("largest number", NumberText.significant(first.largest, digits: 3)),
    ]
    if let constant = first.constant { facts.append(("comes from", Markup.escaped(constant.description))) }
    let rows = facts.map { "<tr><td>\($0.0)</td><td>\($0.1)</td></tr>" }.joined()
    let ways = first.paths.prefix(8).map { path in
      let nodes = path.nodes.count > 30 ? path.nodes.prefix(15) + ["…"] + path.nodes.suffix(14) : path.nodes[...]
      let steps = ([first.node] + nodes).map { "<li>\(code($0))</li>" }.joined()
      return "<p class=\"note\">To the output \(code(path.output)):</p><ul class=\"way\">\(steps)</ul>"
    }
    let others = report.others.prefix(20).map {
      "<li>\(code($0.node))\(($0.constant?.description).map { ": " + Markup.escaped($0) } ?? "")</li>"
    }
    let more =
      others.isEmpty
      ? "" : "<h2 style=\"margin-top:16px\">Different by themselves as well</h2><ul>\(others.joined())</ul>"
    return "<section><h2>First difference</h2><table class=\"facts\"><tbody>\(rows)</tbody></table>"
      + ways.joined() + more + "</section>"
  }

  private var steps: String {
    let plot = StepPlot(report)
    guard !plot.isEmpty else { return "" }
    return """
      <section><h2>Error along the network</h2>
      <p class="note">The largest difference of each value from what is expected, and the most that rounding explains, as shares of the
      largest number there. Nodes that only move numbers are left out.</p>
      <div class="legend"><span><i style="background:var(--folded)"></i>difference</span><span><i
      style="background:var(--bad)"></i>beyond its bound, or from a constant that differs</span><span><i
      style="background:var(--bound)"></i>bound</span></div>
      <div class="wide">\(plot.svg(width: 1070, height: 380))</div>
      <div class="narrow">\(plot.svg(width: 350, height: 300))</div>
      </section>
      """
  }

  private var outputs: String {
    report.outputs.prefix(8).map { output in
      let plots = OutputPlots(output, names: ("Second", "first"))
      let figures =
        output.points.isEmpty
        ? ""
        : """
        <div class="pair">
        <div><p class="note">Second, by first</p><div class="wide">\(plots.agreement(width: 520, height: 320))</div>
        <div class="narrow">\(plots.agreement(width: 350, height: 260))</div></div>
        <div><p class="note">Magnitude of second − first, by first</p><div class="wide">\(plots.difference(width: 520, height: 320))</div>
        <div class="narrow">\(plots.difference(width: 350, height: 260))</div></div>
        </div>
        """
      return "<section><h2>Output <code>\(Markup.escaped(output.name))</code></h2>\(facts(output))\(figures)</section>"
    }.joined(separator: "\n")
  }

  private func facts(_ output: OutputDifference) -> String {
    var facts =
      "Largest difference \(NumberText.short(output.largestDifference)), \(NumberText.short(output.relativeDifference)) of "
      + "the largest number; \(output.differingElements) of \(output.elements) elements differ."
    if let cosine = output.cosine { facts += " Cosine similarity \(NumberText.significant(cosine, digits: 9))." }
    if let classes = output.classes {
      facts +=
        " Same best class in \(classes.same) of \(classes.rows) rows, same best five in \(classes.sameFive) of "
        + "\(classes.rows)."
    }
    return "<p class=\"note\">\(facts)</p>"
  }

  private var notes: String {
    guard !report.notes.isEmpty else { return "" }
    let lines = report.notes.prefix(40).map { "<li>\(Markup.escaped($0))</li>" }.joined()
    return "<section><h2>Worth knowing</h2><ul>\(lines)</ul></section>"
  }
}

/// The differences of all values along the network, with their bounds.
private struct StepPlot {
  private let steps: [ComparisonReport.Step]
  private let wrong: Set<String>

  init(_ report: ComparisonReport) {
    let wrong = Set(([report.first].compactMap { $0 } + report.others).map(\.value))
    // Nodes that round nothing say nothing, unless they are wrong.
    steps = report.steps.filter { step in
      step.difference.isFinite && step.allowed.isFinite
        && (step.allowed > 1e-11 || step.share > 1 || wrong.contains(step.other))
    }
    self.wrong = wrong
  }

  var isEmpty: Bool { steps.isEmpty }

  func svg(width: Double, height: Double) -> String {
    let frame = PlotFrame(left: 56, right: width - 12, top: 14, bottom: height - 30)
    var drawing = Drawing(width: width, height: height, title: "Difference of each value from what is expected")
    // What is exact lies at the foot.
    let axis = PlotAxis(
      steps.flatMap { [$0.difference, $0.allowed] }.filter { $0 > 1e-18 }, .logarithmic, from: frame.bottom,
      to: frame.top)
    frame.draw(vertical: axis, ticks: 7, on: &drawing)
    func place(_ index: Int) -> Double {
      frame.left + (frame.right - frame.left) * (Double(index) + 0.5) / Double(steps.count)
    }
    frame.drawSites(steps.count, place, on: &drawing)
    drawing.path(steps.enumerated().map { (place($0), axis.place($1.allowed)) }, style: "bound")
    let radius = width > 600 && steps.count < 200 ? 3.5 : 2.2
    for (index, step) in steps.enumerated() {
      let isWrong = step.share > 1 || wrong.contains(step.other)
      drawing.dot(
        (place(index), axis.place(step.difference)), radius: radius, style: isWrong ? "beyond" : "folded soft",
        note: "\(index + 1): \(step.other)\ndifference \(NumberText.short(step.difference)), bound "
          + NumberText.short(step.allowed))
    }
    return drawing.svg
  }
}

import InfoldReports
import InfoldSystem

/// A comparison report as a self-contained HTML page, without scripts or network access. Names from
/// the models are untrusted input and are escaped.
public struct ComparisonPage: Sendable {
  private let report: ComparisonReport

  /// Creates the page of `report`.
  public init(_ report: ComparisonReport) {
    self.report = report
  }

  /// The HTML text of the page.
  public var html: String {
    let other = report.other ?? "a model", first = report.model ?? "another"
    let title =
      other == first ? "Values of \(Page.fileName(first))" : "\(Page.fileName(other)) against \(Page.fileName(first))"
    var page = Page(
      topic: "Comparison", models: [report.model, report.other], title: title,
      outcome: report.equal ? PageBadge("equal", .passed) : PageBadge("different", .failed), lead: lead,
      elements: [tiles, PageMarkup(difference), steps] + outputs + [notes],
      footer: """
        The expected value is what the first network computes in double precision from the second network's own operands.
        Bounds follow from a first-order error analysis (Higham, Accuracy and Stability of Numerical Algorithms, section 3.3).
        """)
    page.styles = Self.styles
    return page.html
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

  private var lead: String {
    let names = report.inputs.prefix(4).map { Markup.escaped(Page.fileName($0)) }.joined(separator: ", ")
    let more = report.inputs.count > 4 ? " and \(report.inputs.count - 4) more" : ""
    return names.isEmpty ? "" : "compared on \(names)\(more)"
  }

  private var tiles: PageTiles {
    var tiles: [(figure: String, meaning: String)] = [
      ("\(report.values.compared) of \(report.values.total)", "values compared")
    ]
    let share = report.steps.map(\.share).max() ?? 0
    if share.isFinite {
      tiles.append(
        share > 1
          ? ("\(NumberText.short(share)) times", "the bound at the largest difference")
          : ("\(NumberText.short(share * 100)) %", "of the bound at the largest difference"))
    }
    if let output = report.outputs.first {
      tiles.append((NumberText.short(output.largestDifference), "largest difference of the first output"))
      if let classes = output.classes {
        tiles.append(("\(classes.same) of \(classes.rows)", "rows with the same best class"))
      }
    }
    return PageTiles(tiles)
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
      ("error bound", NumberText.significant(first.allowed, digits: 3)),
      ("largest magnitude", NumberText.significant(first.largest, digits: 3)),
    ]
    if let constant = first.constant { facts.append(("cause", Markup.escaped(constant.description))) }
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
      ? "" : "<h2 style=\"margin-top:16px\">Other independent differences</h2><ul>\(others.joined())</ul>"
    return "<section><h2>First difference</h2><table class=\"facts\"><tbody>\(rows)</tbody></table>"
      + ways.joined() + more + "</section>"
  }

  private var steps: PageSection? {
    let plot = StepPlot(report)
    guard !plot.isEmpty else { return nil }
    return PageSection(
      "Error along the network",
      note: """
        The largest difference of each value from its expected value, and the largest bound of its rounding errors, both
        divided by the largest magnitude of the value. Nodes without rounding errors are omitted.
        """,
      [
        PageMarkup(
          """
          <div class="legend"><span><i style="background:var(--first)"></i>difference</span><span><i
          style="background:var(--bad)"></i>beyond its bound, or caused by a different constant</span><span><i
          style="background:var(--limit)"></i>bound</span></div>
          """),
        PageFigure(wide: (1070, 380), narrow: (350, 300), plot.svg),
      ])
  }

  private var outputs: [PageSection?] {
    report.outputs.prefix(8).map { output in
      OutputPlots(output, names: ("Second", "first")).section(
        output.name, note: facts(output), agreement: "Second against first",
        difference: "Magnitude of second − first")
    }
  }

  private func facts(_ output: OutputDifference) -> String {
    var facts =
      "Largest difference \(NumberText.short(output.largestDifference)), \(NumberText.short(output.relativeDifference)) of "
      + "the largest magnitude; \(output.differingElements) of \(output.elements) elements differ."
    if let cosine = output.cosine { facts += " Cosine similarity \(NumberText.significant(cosine, digits: 9))." }
    if let classes = output.classes {
      facts +=
        " Same best class in \(classes.same) of \(classes.rows) rows, same best five in \(classes.sameFive) of "
        + "\(classes.rows)."
    }
    return facts
  }

  private var notes: PageSection? {
    report.notes.isEmpty ? nil : PageSection("Notes", [PageList(Array(report.notes.prefix(40)))])
  }
}

/// A plot of the differences of all values along the network, with their bounds.
private struct StepPlot {
  private let steps: [ComparisonReport.Step]
  private let wrong: Set<String>

  init(_ report: ComparisonReport) {
    let wrong = Set(([report.first].compactMap { $0 } + report.others).map(\.value))
    // Nodes without rounding errors are omitted, unless they are wrong.
    steps = report.steps.filter { step in
      step.difference.isFinite && step.allowed.isFinite
        && (step.allowed > 1e-11 || step.share > 1 || wrong.contains(step.other))
    }
    self.wrong = wrong
  }

  var isEmpty: Bool { steps.isEmpty }

  func svg(_ width: Double, _ height: Double) -> String {
    let frame = PlotFrame(left: 56, right: width - 12, top: 14, bottom: height - 30)
    var drawing = Drawing(width: width, height: height, title: "Difference of each value from its expected value")
    // Exact values are drawn at the bottom.
    let axis = PlotAxis(
      steps.flatMap { [$0.difference, $0.allowed] }.filter { $0 > 1e-18 }, .logarithmic, from: frame.bottom,
      to: frame.top)
    frame.draw(vertical: axis, ticks: 7, on: &drawing)
    func place(_ index: Int) -> Double {
      frame.left + (frame.right - frame.left) * (Double(index) + 0.5) / Double(steps.count)
    }
    frame.drawSites(steps.count, place, on: &drawing)
    drawing.path(steps.enumerated().map { (place($0), axis.place($1.allowed)) }, style: "limit")
    let radius = width > 600 && steps.count < 200 ? 3.5 : 2.2
    for (index, step) in steps.enumerated() {
      let isWrong = step.share > 1 || wrong.contains(step.other)
      drawing.dot(
        (place(index), axis.place(step.difference)), radius: radius, style: isWrong ? "beyond" : "first soft",
        note: "\(index + 1): \(step.other)\ndifference \(NumberText.short(step.difference)), bound "
          + NumberText.short(step.allowed))
    }
    return drawing.svg
  }
}

import InfoldReports
import InfoldSystem

/// A report as one HTML page that needs nothing else: no network, no script. Names of the model, which are a stranger's, are
/// escaped.
public struct ProofPage: Sendable {
  private let report: ProofReport

  /// The page of `report`.
  public init(_ report: ProofReport) {
    self.report = report
  }

  /// The page.
  public var html: String {
    let title = "Folding of \(report.model.map(Self.fileName) ?? "a model")"
    return Page(title: title, badge: verdict, content: content).html
  }

  private var content: String {
    """
    \(lead)
    \(tiles)
    \(reasons)
    \(MatchingSection(report).html)
    \(StayingSection(report).html)
    \(plots)
    \(SessionSection(report).html)
    \(outputs)
    \(SiteTable(report).html)
    <footer>Truth is the original model in double precision. \(bounds)</footer>
    """
  }

  private static func fileName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  private var verdict: String {
    switch report.verdict {
    case .passed: "<span class=\"verdict passed\">passed</span>"
    case .failed: "<span class=\"verdict failed\">failed</span>"
    case .nothingToProve: "<span class=\"verdict neutral\">nothing to prove</span>"
    }
  }

  private var lead: String {
    let folded = report.folded.map { "folded in <code>\(Markup.escaped($0))</code>" } ?? "folded by Infold"
    let names = report.inputs.prefix(4).map { Markup.escaped(Self.fileName($0)) }.joined(separator: ", ")
    let more = report.inputs.count > 4 ? " and \(report.inputs.count - 4) more" : ""
    return "<p class=\"lead\">\(folded)\(names.isEmpty ? "" : ", compared on \(names)\(more)")</p>"
  }

  private var bounds: String {
    "Bounds follow from counting roundings (Higham, Accuracy and Stability of Numerical Algorithms, chapter 3)."
  }

  private var tiles: String {
    guard report.verdict != .nothingToProve else { return "" }
    var tiles = [
      ("\(report.normalizations.folded) of \(report.normalizations.total)", "batch normalizations folded"),
      (
        report.constants.wrong > 0 ? "\(report.constants.wrong) wrong" : Self.grouped(report.constants.count),
        report.constants.wrong > 0
          ? "of \(Self.grouped(report.constants.count)) weights and biases"
          : report.constants.notCorrectlyRounded == 0
            ? "weights and biases, all correctly rounded" : "weights and biases within their limits"
      ),
    ]
    if let tightest = report.tightestSite, let numbers = report.sites[tightest].numbers {
      tiles.append(
        ("\(NumberText.short(numbers.folded.shareOfBound * 100)) %", "of the bound at the tightest site, folded"))
    }
    if let output = report.outputs.first, output.largestMagnitude > 0 {
      tiles.append((NumberText.short(output.absoluteDifference), "largest difference at the output"))
      if let ranks = output.ranks {
        tiles.append(("\(ranks.sameTop1) of \(ranks.samples)", "inputs with the same best class"))
      }
    }
    return "<div class=\"tiles\">"
      + tiles.map { "<div class=\"tile\"><b>\(Markup.escaped($0.0))</b><span>\($0.1)</span></div>" }.joined() + "</div>"
  }

  private static func grouped(_ number: Int) -> String {
    let digits = Array(String(number))
    return String(
      digits.enumerated().flatMap { index, digit in
        index > 0 && (digits.count - index) % 3 == 0 ? [",", digit] : [digit]
      })
  }

  private var reasons: String {
    func list(_ lines: [String]) -> String {
      "<ul>" + lines.map { "<li>\(Markup.escaped($0))</li>" }.joined() + "</ul>"
    }
    // Those of batch normalizations have a section of their own.
    let known = Set(report.staying.map(\.node))
    let refusals = report.normalizations.refusals.filter { !known.contains($0.node) }
    let remarks = report.remarks + refusals.map { "\($0.node) stays: \($0.reason)" }
    let title =
      switch report.verdict {
      case .passed: "Why it passed"
      case .failed: "Why it failed"
      case .nothingToProve: "Why there is nothing to prove"
      }
    return "<section><h2>\(title)</h2>" + list(report.reasons)
      + (remarks.isEmpty ? "" : "<h2 style=\"margin-top:16px\">Worth knowing</h2>" + list(remarks)) + "</section>"
  }

  private var plots: String {
    let plots = SitePlots(report)
    guard !plots.isEmpty else { return "" }
    return """
      <section><h2>Error along the network</h2>
      <p class="note">At each site both forms get the same input and are held against double precision. The largest error, as a
      share of the largest number there, and what rounding alone may do to the folded form.</p>
      <div class="legend"><span><i style="background:var(--folded)"></i>folded</span><span><i
      style="background:var(--unfolded)"></i>unfolded, as scale and shift</span><span><i
      style="background:var(--bound)"></i>bound of the folded form</span></div>
      <div class="wide">\(plots.errors(width: 1070, height: 380))</div>
      <div class="narrow">\(plots.errors(width: 350, height: 300))</div>
      </section>
      <section><h2>Folding factors</h2>
      <p class="note">The magnitude of γ ÷ √(σ² + ε) over the channels of each site: from the smallest to the largest, with
      the middle half as a box and the median as a line.</p>
      <div class="wide">\(plots.scales(width: 1070, height: 300))</div>
      <div class="narrow">\(plots.scales(width: 350, height: 260))</div>
      </section>
      """
  }

  private var outputs: String {
    report.outputs.prefix(8).map { output in
      let plots = OutputPlots(output)
      let figures =
        output.points.isEmpty
        ? ""
        : """
        <div class="pair">
        <div><p class="note">Folded, by unfolded</p><div class="wide">\(plots.agreement(width: 520, height: 320))</div>
        <div class="narrow">\(plots.agreement(width: 350, height: 260))</div></div>
        <div><p class="note">Magnitude of folded − unfolded, by unfolded</p><div class="wide">\(plots.difference(width: 520, height: 320))</div>
        <div class="narrow">\(plots.difference(width: 350, height: 260))</div></div>
        </div>
        """
      return "<section><h2>Output <code>\(Markup.escaped(output.name))</code></h2>\(facts(output))\(figures)</section>"
    }.joined(separator: "\n")
  }

  private func facts(_ output: OutputReport) -> String {
    guard output.largestMagnitude > 0 else {
      return "<p class=\"note\">\(output.differingElements) of \(output.elements) elements differ.</p>"
    }
    func share(_ value: Double) -> String { NumberText.short(output.relative(value)) }
    var facts =
      "Largest difference \(NumberText.short(output.absoluteDifference)), \(share(output.absoluteDifference)) of the "
      + "largest number. Against the truth the folded network is \(share(output.foldedError)) away, the unfolded one "
      + "\(share(output.unfoldedError))."
    if let cosine = output.cosineSimilarity {
      facts += " Cosine similarity \(NumberText.significant(cosine, digits: 9))."
    }
    if let ranks = output.ranks {
      facts +=
        " Same best class for \(ranks.sameTop1) of \(ranks.samples) inputs, same best five for \(ranks.sameTop5) of "
        + "\(ranks.samples)."
    }
    return "<p class=\"note\">\(facts)</p>"
  }
}

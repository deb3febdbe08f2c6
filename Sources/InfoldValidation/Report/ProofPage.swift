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
    Page(
      topic: "Folding", models: [report.model], title: "Folding of \(report.model.map(Page.fileName) ?? "a model")",
      verdict: verdict, lead: lead,
      elements: [
        tiles, reasons, PageMarkup(MatchingSection(report).html), PageMarkup(StayingSection(report).html),
      ] + plots + [PageMarkup(SessionSection(report).html)] + outputs + [SiteTable(report).section],
      footer: "Truth is the original model in double precision. \(bounds)"
    ).html
  }

  private var verdict: PageVerdict {
    switch report.verdict {
    case .passed: PageVerdict("passed", .passed)
    case .failed: PageVerdict("failed", .failed)
    case .nothingToProve: PageVerdict("nothing to prove", .neutral)
    }
  }

  private var lead: String {
    let folded = report.folded.map { "folded in <code>\(Markup.escaped($0))</code>" } ?? "folded by Infold"
    let names = report.inputs.prefix(4).map { Markup.escaped(Page.fileName($0)) }.joined(separator: ", ")
    let more = report.inputs.count > 4 ? " and \(report.inputs.count - 4) more" : ""
    return "\(folded)\(names.isEmpty ? "" : ", compared on \(names)\(more)")"
  }

  private var bounds: String {
    "Bounds follow from counting roundings (Higham, Accuracy and Stability of Numerical Algorithms, chapter 3)."
  }

  private var tiles: PageTiles? {
    guard report.verdict != .nothingToProve else { return nil }
    var tiles: [(figure: String, meaning: String)] = [
      ("\(report.normalizations.folded) of \(report.normalizations.total)", "batch normalizations folded"),
      (
        report.constants.wrong > 0 ? "\(report.constants.wrong) wrong" : NumberText.grouped(report.constants.count),
        report.constants.wrong > 0
          ? "of \(NumberText.grouped(report.constants.count)) weights and biases"
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
    return PageTiles(tiles)
  }

  private var reasons: PageSection {
    // Kept batch normalizations have a section of their own.
    let known = Set(report.staying.map(\.node))
    let refusals = report.normalizations.refusals.filter { !known.contains($0.node) }
    let remarks = report.remarks + refusals.map { "\($0.node) stays: \($0.reason)" }
    let title =
      switch report.verdict {
      case .passed: "Why it passed"
      case .failed: "Why it failed"
      case .nothingToProve: "Why there is nothing to prove"
      }
    return PageSection(title, [PageList(report.reasons), PageList(title: "Worth knowing", remarks)])
  }

  private var plots: [PageSection?] {
    let plots = SitePlots(report)
    guard !plots.isEmpty else { return [] }
    return [
      PageSection(
        "Error along the network",
        note: """
          At each site both forms get the same input and are held against double precision. The largest error, as a share of the
          largest number there, and what rounding alone may do to the folded form.
          """,
        [
          PageLegend([
            (style: .first, "folded"), (.second, "unfolded, as scale and shift"), (.limit, "bound of the folded form"),
          ]),
          PageFigure(wide: (1070, 380), narrow: (350, 300), plots.errors.svg),
        ]),
      PageSection(
        "Folding factors",
        note: """
          The magnitude of γ ÷ √(σ² + ε) over the channels of each site: from the smallest to the largest, with the middle half
          as a box and the median as a line.
          """,
        [PageFigure(wide: (1070, 300), narrow: (350, 260), plots.factors.svg)]),
    ]
  }

  private var outputs: [PageSection?] {
    report.outputs.prefix(8).map { output in
      let plots = OutputPlots(output)
      func figure(_ draw: (Double, Double) -> String) -> PageFigure {
        PageFigure(wide: (520, 320), narrow: (350, 260), draw)
      }
      return PageSection(
        "Output <code>\(Markup.escaped(output.name))</code>", note: facts(output),
        [
          output.points.isEmpty
            ? nil
            : PagePair([
              ("Folded, by unfolded", figure(plots.agreement)),
              ("Magnitude of folded − unfolded, by unfolded", figure(plots.difference)),
            ])
        ])
    }
  }

  private func facts(_ output: OutputReport) -> String {
    guard output.largestMagnitude > 0 else {
      return "\(output.differingElements) of \(output.elements) elements differ."
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
    return facts
  }
}

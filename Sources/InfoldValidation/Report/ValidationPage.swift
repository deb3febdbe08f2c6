import InfoldReports
import InfoldSystem

/// A validation report as a self-contained HTML page, without scripts or network access. Names from
/// the model are untrusted input and are escaped.
public struct ValidationPage: Sendable {
  private let report: ValidationReport

  /// Creates the page of `report`.
  public init(_ report: ValidationReport) {
    self.report = report
  }

  /// The page as HTML.
  public var html: String {
    Page(
      topic: "Folding", models: [report.model], title: "Folding of \(report.model.map(Page.fileName) ?? "a model")",
      outcome: outcome, lead: lead,
      elements: [
        tiles, reasons, PageMarkup(MatchingSection(report).html), PageMarkup(UnfoldedSection(report).html),
      ] + plots + [PageMarkup(SessionSection(report).html)] + outputs + [SiteTable(report).section],
      footer: "The ground truth is the original model in double precision. \(bounds)"
    ).html
  }

  private var outcome: PageBadge {
    switch report.outcome {
    case .passed: PageBadge("passed", .passed)
    case .failed: PageBadge("failed", .failed)
    case .nothingToValidate: PageBadge("nothing to validate", .neutral)
    }
  }

  private var lead: String {
    let folded = report.folded.map { "folded in <code>\(Markup.escaped($0))</code>" } ?? "folded by Infold"
    let names = report.inputs.prefix(4).map { Markup.escaped(Page.fileName($0)) }.joined(separator: ", ")
    let more = report.inputs.count > 4 ? " and \(report.inputs.count - 4) more" : ""
    return "\(folded)\(names.isEmpty ? "" : ", compared on \(names)\(more)")"
  }

  private var bounds: String {
    "Error bounds follow from counting roundings (Higham, Accuracy and Stability of Numerical Algorithms, chapter 3)."
  }

  private var tiles: PageTiles? {
    guard report.outcome != .nothingToValidate else { return nil }
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
        ("\(NumberText.short(numbers.folded.shareOfBound * 100)) %", "of the error bound at the tightest fold site"))
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
    // Normalizations that are not folded have a section of their own.
    let known = Set(report.unfoldedNormalizations.map(\.node))
    let refusals = report.normalizations.refusals.filter { !known.contains($0.node) }
    let notes = report.notes + refusals.map { "\($0.node) is not folded: \($0.reason)" }
    let title =
      switch report.outcome {
      case .passed: "Why it passed"
      case .failed: "Why it failed"
      case .nothingToValidate: "Why there is nothing to validate"
      }
    return PageSection(title, [PageList(report.reasons), PageList(title: "Notes", notes)])
  }

  private var plots: [PageSection?] {
    let plots = SitePlots(report)
    guard !plots.isEmpty else { return [] }
    return [
      PageSection(
        "Error along the network",
        note: """
          At each fold site, both forms get the same input and are compared with double precision. The plot shows the largest error
          relative to the largest magnitude there, and the rounding error bound of the folded form.
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
          The distribution of |γ ÷ √(σ² + ε)| over the channels of each fold site, from the minimum to the maximum, with a box for
          the middle half and a line for the median.
          """,
        [PageFigure(wide: (1070, 300), narrow: (350, 260), plots.factors.svg)]),
    ]
  }

  private var outputs: [PageSection?] {
    report.outputs.prefix(8).map { output in
      OutputPlots(output).section(
        output.name, note: facts(output), agreement: "Folded against unfolded",
        difference: "|folded − unfolded| against unfolded")
    }
  }

  private func facts(_ output: OutputReport) -> String {
    guard output.largestMagnitude > 0 else {
      return "\(output.differingElements) of \(output.elements) elements differ."
    }
    func share(_ value: Double) -> String { NumberText.short(output.relative(value)) }
    var facts =
      "Largest difference \(NumberText.short(output.absoluteDifference)), \(share(output.absoluteDifference)) of the "
      + "largest magnitude. Error of the folded network \(share(output.foldedError)), of the unfolded one "
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

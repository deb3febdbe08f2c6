import InfoldReports
import InfoldSystem

/// The table of all fold sites of a report.
struct SiteTable {
  private let sites: [SiteReport]

  init(_ report: ValidationReport) {
    sites = report.sites
  }

  private static let columns = [
    "#", "Site", "Channels", "K", "Factors", "Unfolded", "Folded", "Share of bound", "Difference", "ULP", "Constants",
  ]

  var section: PageSection? {
    guard !sites.isEmpty else { return nil }
    return PageSection(
      "Sites",
      note: """
        Errors and differences are relative to the largest magnitude at the fold site. ULP is the number of steps between the folded
        and the unfolded result, which is largest where results are nearly 0.
        """,
      [PageTable(columns: Self.columns, rows: sites.enumerated().map(cells))])
  }

  private func cells(_ index: Int, _ site: SiteReport) -> [String] {
    let numbers = site.numbers
    func value(_ get: (SiteReport.Numbers) -> Double) -> String {
      numbers.map { Markup.escaped(NumberText.significant(get($0), digits: 2)) } ?? "–"
    }
    let range =
      "\(NumberText.significant(site.scale.minimum, digits: 2)) … "
      + NumberText.significant(site.scale.maximum, digits: 2)
    return [
      "\(index + 1)",
      PageTable.named("\(site.name) · \(site.operatorName)", site.absorbed.joined(separator: ", ")),
      "\(site.channels)",
      "\(site.dotLength)", range, value(\.unfolded.relativeError), value(\.folded.relativeError),
      numbers.map { meter($0.folded.shareOfBound) } ?? "–", value(\.relativeDifference),
      numbers.map { "\($0.ulpDifference)" } ?? "–", constants(site),
    ]
  }

  private func meter(_ share: Double) -> String {
    PageTable.meter(share, isWrong: !(share <= 1))
  }

  private func constants(_ site: SiteReport) -> String {
    if site.constants.wrong > 0 { return PageTable.wrong("\(site.constants.wrong) wrong") }
    switch site.state {
    case .notFolded: return "not folded"
    case .partlyFolded: return "partly folded"
    case .plain, .folded: return site.constants.notCorrectlyRounded == 0 ? "exact" : "within limits"
    }
  }
}

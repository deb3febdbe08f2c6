import InfoldReports
import InfoldSystem

/// The table of all sites of a report.
struct SiteTable {
  private let sites: [SiteReport]

  init(_ report: ProofReport) {
    sites = report.sites
  }

  private static let columns = [
    "#", "Site", "Channels", "K", "Factors", "Unfolded", "Folded", "Of bound", "Difference", "ULP", "Constants",
  ]

  var html: String {
    guard !sites.isEmpty else { return "" }
    let head = Self.columns.map { "<th>\($0)</th>" }.joined()
    let rows = sites.enumerated().map { index, site in
      let cells = zip(Self.columns, cells(index, site)).map { "<td data-name=\"\($0)\">\($1)</td>" }
      return "<tr>\(cells.joined())</tr>"
    }
    return """
      <section><h2>Sites</h2>
      <p class="note">Errors and differences are shares of the largest number at the site; ULP counts the numbers that lie between
      folded and unfolded results, most where they are nearly 0.</p>
      <div class="scroll"><table><thead><tr>\(head)</tr></thead><tbody>
      \(rows.joined(separator: "\n"))
      </tbody></table></div></section>
      """
  }

  private func cells(_ index: Int, _ site: SiteReport) -> [String] {
    let numbers = site.numbers
    func value(_ get: (SiteReport.Numbers) -> Double) -> String {
      numbers.map { Markup.escaped(NumberText.significant(get($0), digits: 2)) } ?? "–"
    }
    let absorbed =
      site.absorbed.isEmpty ? "" : "<small>\(Markup.escaped(site.absorbed.joined(separator: ", ")))</small>"
    let range =
      "\(NumberText.significant(site.scale.minimum, digits: 2)) … "
      + NumberText.significant(site.scale.maximum, digits: 2)
    return [
      "\(index + 1)", "\(Markup.escaped(site.name)) · \(Markup.escaped(site.operatorName))\(absorbed)",
      "\(site.channels)",
      "\(site.dotLength)", range, value(\.unfolded.relativeError), value(\.folded.relativeError),
      numbers.map { meter($0.folded.shareOfBound) } ?? "–", value(\.relativeDifference),
      numbers.map { "\($0.ulpDifference)" } ?? "–", constants(site),
    ]
  }

  private func meter(_ share: Double) -> String {
    let width = min(max(share.isFinite ? share : 1, 0), 1) * 100
    let text = "\(NumberText.fixed(share * 100, digits: 1)) %"
    return "<span class=\"meter\"><i style=\"width:\(NumberText.fixed(width, digits: 0))%\"></i></span>"
      + "<span class=\"share\(share <= 1 ? "" : " wrong")\">\(text)</span>"
  }

  private func constants(_ site: SiteReport) -> String {
    if site.constants.wrong > 0 { return "<span class=\"wrong\">\(site.constants.wrong) wrong</span>" }
    switch site.state {
    case .notFolded: return "not folded"
    case .partlyFolded: return "partly folded"
    case .plain, .folded: return site.constants.notCorrectlyRounded == 0 ? "exact" : "within limits"
    }
  }
}

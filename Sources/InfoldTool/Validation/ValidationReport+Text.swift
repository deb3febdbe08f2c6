import InfoldSystem
import InfoldTensor
import InfoldValidation

extension ValidationReport {
  /// The report as text for the terminal.
  var text: String {
    var text = ""
    if outcome == .nothingToValidate { return nothingToProveText }
    let folded =
      normalizations.total == 0 && sites.isEmpty
      ? "nothing to fold" : "\(normalizations.folded) of \(normalizations.total) batch normalizations folded"
    text += folded.styled(.bold) + (inputs.isEmpty ? "" : ", compared on \(counted(inputs.count, "input"))") + "\n"
    text += unfoldedText
    if let matching { text += matching.description.paragraph() }
    text += "\n" + (sites.isEmpty ? "" : siteTable + "\n")
    for output in outputs { text += output.description.paragraph() }
    if let tightestSite {
      let site = sites[tightestSite]
      let numbers = site.numbers!
      let tightest =
        "tightest fold site: \(site.node), folded at \(NumberText.percentage(numbers.folded.shareOfBound)) of its bound, "
        + "unfolded at \(NumberText.percentage(numbers.unfolded.shareOfBound))"
      text += tightest.paragraph()
    }
    text += sessionText
    for note in notes { text += "note: \(note)".paragraph() }
    text += "\n" + (passed ? "passed".styled(.green) : "failed".styled(.red)) + "\n"
    for reason in reasons { text += "  \(reason)".paragraph() }
    return text
  }

  private var nothingToProveText: String {
    "nothing to validate".styled(.yellow) + "\n" + reasons.map { "  \($0)".paragraph() }.joined()
      + (outputs.isEmpty ? "" : "\n" + outputs.map { $0.description.paragraph() }.joined()) + sessionText
  }

  private var siteTable: String {
    var table = Table(
      ("site", .left), ("channels", .right), ("K", .right), ("scale", .right), ("unfolded", .right), ("folded", .right),
      ("of bound", .right), ("ulp", .right), ("constants", .left), dispensable: ["scale", "ulp", "unfolded"])
    for site in sites {
      let label = String(printable: site.name)
      let numbers = site.numbers
      func error(_ form: SiteReport.Form?) -> String {
        form.map { NumberText.significant($0.relativeError, digits: 2) } ?? "–"
      }
      table.add(
        label, "\(site.channels)", "\(site.dotLength)",
        "\(NumberText.significant(site.scale.minimum, digits: 2)) … \(NumberText.significant(site.scale.maximum, digits: 2))",
        error(numbers?.unfolded), error(numbers?.folded),
        numbers.map { NumberText.percentage($0.folded.shareOfBound) } ?? "–",
        numbers.map { "\($0.ulpDifference)" } ?? "–",
        site.constantsText)
    }
    return table.text
  }
}

extension SiteReport {
  /// The result for the constants, or the state of a site that is not completely folded.
  fileprivate var constantsText: String {
    if constants.wrong > 0 { return "\(constants.wrong) wrong".styled(.red) }
    switch state {
    case .notFolded: return "not folded"
    case .partlyFolded: return "partly folded"
    case .plain, .folded: return constants.notCorrectlyRounded == 0 ? "exact" : "within 4u"
    }
  }
}

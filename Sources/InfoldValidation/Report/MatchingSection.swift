import InfoldReports
import InfoldSystem

/// The section of a page that shows how a file of another tool was matched with the original.
struct MatchingSection {
  private let matching: FileMatching?

  init(_ report: ValidationReport) {
    matching = report.matching
  }

  var html: String {
    guard let matching else { return "" }
    var lines = [Markup.escaped(matching.description)]
    if let first = matching.first {
      lines.append(
        "<span class=\"wrong\">\(Markup.escaped(first.node))</span> is the first value whose difference exceeds rounding errors: "
          + "\(NumberText.short(first.difference)), and the bound is \(NumberText.short(first.allowed))")
    } else if matching.equal == true {
      lines.append("all values that both files have agree within rounding errors")
    }
    for (what, operators) in [
      ("of the original without a counterpart", matching.missing),
      ("of the file without a counterpart", matching.additional),
      ("with weights that folding does not explain, although their values agree", matching.changedWeights),
    ] where !operators.isEmpty {
      let shown = operators.prefix(8).map { "<code>\(Markup.escaped($0))</code>" }.joined(separator: ", ")
      lines.append("\(counted(operators.count, "operator")) \(what): \(shown)\(operators.count > 8 ? ", …" : "")")
    }
    lines += matching.changes.prefix(20).map(Markup.escaped)
    return """
      <section><h2>How the file was matched</h2>
      <p class="note">Operators with weights are matched by the names of their outputs, by their weights, and by their order.
      Other values are matched by name, content and position. Differences that do not concern folding are permitted.</p>
      <ul>\(lines.map { "<li>\($0)</li>" }.joined())</ul></section>
      """
  }
}

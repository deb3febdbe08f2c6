import InfoldReports
import InfoldSystem

/// The part of a page on how a file of another tool was matched with the original.
struct MatchingSection {
  private let matching: FileMatching?

  init(_ report: ProofReport) {
    matching = report.matching
  }

  var html: String {
    guard let matching else { return "" }
    var lines = [Markup.escaped(matching.description)]
    if let first = matching.first {
      lines.append(
        "<span class=\"wrong\">\(Markup.escaped(first.node))</span> is the first that differs by more than rounding explains: by "
          + "\(NumberText.short(first.difference)), where \(NumberText.short(first.allowed)) would be explained")
    } else if matching.equal == true {
      lines.append("all values that both have agree, but for what rounding explains")
    }
    for (what, operators) in [
      ("of the original without a counterpart", matching.missing),
      ("of the file without a counterpart", matching.additional),
      ("with weights that no folding explains, and values that agree", matching.otherwise),
    ] where !operators.isEmpty {
      let shown = operators.prefix(8).map { "<code>\(Markup.escaped($0))</code>" }.joined(separator: ", ")
      lines.append("\(counted(operators.count, "operator")) \(what): \(shown)\(operators.count > 8 ? ", …" : "")")
    }
    lines += matching.changes.prefix(20).map(Markup.escaped)
    return """
      <section><h2>How the file was matched</h2>
      <p class="note">Operators with weights are found by the names of the values that they make, by their weights, and by their order;
      all other values by name, by what they hold, and by their places. What does not concern folding may differ.</p>
      <ul>\(lines.map { "<li>\($0)</li>" }.joined())</ul></section>
      """
  }
}

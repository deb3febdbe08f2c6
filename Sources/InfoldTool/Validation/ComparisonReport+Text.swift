import InfoldSystem
import InfoldValidation

extension ComparisonReport {
  /// The report as text for the terminal.
  var text: String {
    var text = (equal ? "equal".styled(.green) : "different".styled(.red))
    text += ": \(values.compared) of \(counted(values.total, "value")) compared on \(counted(inputs.count, "sample"))\n"
    if let first { text += "\nfirst difference\n" + first.text }
    if !others.isEmpty {
      let shown = others.prefix(10).map { String(printable: $0.node) }.joined(separator: ", ")
      text += "also different, independently: \(shown)\(others.count > 10 ? ", …" : "")".paragraph()
    }
    text += "\n" + outputTable
    for note in notes.prefix(20) { text += "note: \(note)".paragraph() }
    if notes.count > 20 { text += "note: and \(notes.count - 20) more\n" }
    return text
  }

  private var outputTable: String {
    var table = Table(
      ("output", .left), ("largest difference", .right), ("relative", .right), ("cosine", .right),
      ("same best class", .right), dispensable: ["cosine"])
    for output in outputs {
      table.add(
        String(printable: output.name), NumberText.significant(output.largestDifference, digits: 3),
        NumberText.significant(output.relativeDifference, digits: 3),
        output.cosine.map { NumberText.significant($0, digits: 9) } ?? "–",
        output.classes.map { "\($0.same) of \($0.rows)" } ?? "–")
    }
    return table.text
  }
}

extension ComparisonReport.Difference {
  fileprivate var text: String {
    var table = Table(("", .left), ("", .wrapped))
    table.add("node", String(printable: node))
    table.add("value", String(printable: value))
    table.add("in the first model", "\(String(printable: matchedValue)) of \(String(printable: matchedNode))")
    table.add(
      "difference", "\(NumberText.significant(difference, digits: 3)) at \(place), in \(counted(elements, "element"))")
    table.add("error bound", NumberText.significant(allowed, digits: 3))
    table.add("largest magnitude", NumberText.significant(largest, digits: 3))
    if let constant { table.add("cause", String(printable: constant.description)) }
    for path in paths {
      let nodes = path.nodes.map { String(printable: $0) }
      let shown = nodes.count > 12 ? nodes.prefix(6) + ["…"] + nodes.suffix(5) : nodes[...]
      table.add("to \(String(printable: path.output))", shown.isEmpty ? "itself" : shown.joined(separator: " → "))
    }
    return table.text
  }
}

extension NetworkDiagram {
  /// The network in Graphviz's DOT language.
  package var graphvizText: String {
    var text = """
      digraph network {
        rankdir=TB
        node [shape=box, style="rounded,filled", fillcolor="#ffffff", fontname="Helvetica", fontsize=11, penwidth=1.4]
        edge [color="#8b95a5", arrowsize=0.7, fontname="Helvetica", fontsize=9, fontcolor="#5d6675"]

      """
    for (index, box) in boxes.enumerated() {
      let label = ([box.title] + box.lines.map(\.text)).joined(separator: "\n")
      let color = DiagramColors.of(box.kind).light
      let style = box.kind == .unsupported ? ", style=\"rounded,filled,dashed\"" : ""
      text +=
        "  n\(index) [label=\(Self.quoted(label)), tooltip=\(Self.quoted(box.tooltip)), color=\"\(color)\"\(style)]\n"
    }
    for connection in connections {
      let label = connection.label.map { "label=\(Self.quoted($0)), " } ?? ""
      text += "  n\(connection.source) -> n\(connection.target) [\(label)tooltip=\(Self.quoted(connection.tooltip))]\n"
    }
    return text + "}\n"
  }

  /// Returns a quoted string in which Graphviz finds no escapes and no HTML entities.
  private static func quoted(_ text: String) -> String {
    let escaped = text.replacingScalars { scalar in
      switch scalar {
      case "\"": "\\\""
      case "\\": "\\\\"
      case "&": "&amp;"
      case "\n": "\\n"
      default: nil
      }
    }
    return "\"" + escaped + "\""
  }
}

import InfoldSystem

/// A table. On a narrow page, each row becomes a block with the column's name before each cell.
///
/// The first column holds numbers or swatches, and the second one names. Other columns hold numbers
/// and are right-aligned.
package struct PageTable: PageElement {
  private let columns: [String]
  private let rows: [[String]]

  /// - Parameters:
  ///   - columns: The names of the columns, which are escaped.
  ///   - rows: The cells of each row, as markup.
  package init(columns: [String], rows: [[String]]) {
    self.columns = columns.map(Markup.escaped)
    self.rows = rows
  }

  package var markup: String {
    guard !rows.isEmpty else { return "" }
    let head = columns.map { "<th>\($0)</th>" }.joined()
    let body = rows.map { row in
      "<tr>" + zip(columns, row).map { "<td data-name=\"\($0)\">\($1)</td>" }.joined() + "</tr>"
    }
    return """
      <div class="scroll"><table><thead><tr>\(head)</tr></thead>
      <tbody>
      \(body.joined(separator: "\n"))
      </tbody></table></div>
      """
  }

  /// A name with smaller text below it.
  package static func named(_ name: String, _ detail: String = "") -> String {
    Markup.escaped(name) + (detail.isEmpty ? "" : "<small>\(Markup.escaped(detail))</small>")
  }

  /// A bar that shows a share, followed by text.
  /// - Parameters:
  ///   - share: The filled part, clamped to 0 to 1.
  ///   - text: The text. `nil` for the share in percent.
  ///   - isWrong: Whether the text has the color of errors.
  package static func meter(_ share: Double, text: String? = nil, isWrong: Bool = false) -> String {
    let width = NumberText.fixed(min(max(share.isFinite ? share : 1, 0), 1) * 100, digits: 1)
    return "<span class=\"meter\"><i style=\"width:\(width)%\"></i></span>"
      + "<span class=\"share\(isWrong ? " wrong" : "")\">"
      + Markup.escaped(text ?? NumberText.percentage(share)) + "</span>"
  }

  /// A dot in a CSS color.
  package static func swatch(_ color: String) -> String {
    "<svg class=\"swatch\" viewBox=\"0 0 10 10\"><circle cx=\"5\" cy=\"5\" r=\"5\" style=\"fill:\(color)\"/></svg>"
  }

  /// Text in the color of errors.
  package static func wrong(_ text: String) -> String { "<span class=\"wrong\">\(Markup.escaped(text))</span>" }
}

/// Rows of text in columns.
package struct Table {
  /// On which side the cells of a column are filled with spaces.
  package enum Alignment {
    case left
    case right
  }

  private let columns: [(title: String, alignment: Alignment)]
  private var rows: [[String]] = []

  /// A table with these columns. Without titles it has no head.
  package init(_ columns: (title: String, alignment: Alignment)...) {
    self.columns = columns
  }

  /// Adds a row with a cell for each column.
  package mutating func add(_ cells: String...) {
    precondition(cells.count == columns.count, "a row of \(cells.count) cells in a table of \(columns.count) columns")
    rows.append(cells)
  }

  var isEmpty: Bool { rows.isEmpty }

  /// The lines, indented by two spaces, each with a line end.
  package var text: String {
    let titles = columns.map(\.title)
    let hasHead = titles.contains { !$0.isEmpty }
    let widths = columns.indices.map { column in
      ((hasHead ? [titles] : []) + rows).map { $0[column].count }.max() ?? 0
    }
    func line(_ cells: [String]) -> String {
      let padded = columns.indices.map { column in
        let fill = String(repeating: " ", count: widths[column] - cells[column].count)
        return columns[column].alignment == .left ? cells[column] + fill : fill + cells[column]
      }
      let text = padded.joined(separator: "  ")
      return String(text.reversed().drop { $0 == " " }.reversed())
    }
    let head = hasHead ? ["  " + line(titles).styled(.faint)] : []
    return (head + rows.map { "  " + line($0) }).map { $0 + "\n" }.joined()
  }
}

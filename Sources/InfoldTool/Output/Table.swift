/// Rows of text in columns.
package struct Table {
  /// The alignment of a column.
  package enum Alignment {
    case left
    case right
    /// As `left`, but text that does not fit wraps to further lines instead of being shortened.
    /// Words are broken only if the longest would leave no room for the other columns.
    case wrapped
  }

  private let columns: [(title: String, alignment: Alignment)]
  private let dispensable: [String]
  private var rows: [[String]] = []

  private static let indentation = "  "
  private static let gap = "  "
  /// While columns can be omitted, text columns keep at least `goodWidth`. They are never shortened
  /// below `leastWidth`.
  private static let goodWidth = 20
  private static let leastWidth = 8

  /// Creates a table with these columns. It has no header if all titles are empty.
  /// - Parameter dispensable: The titles of columns that a narrow terminal omits, in this order.
  package init(_ columns: (title: String, alignment: Alignment)..., dispensable: [String] = []) {
    self.columns = columns
    self.dispensable = dispensable
  }

  /// Adds a row with a cell for each column.
  package mutating func add(_ cells: String...) {
    precondition(cells.count == columns.count, "a row of \(cells.count) cells in a table of \(columns.count) columns")
    rows.append(cells)
  }

  var isEmpty: Bool { rows.isEmpty }

  /// The lines, indented by two spaces and ended by line feeds, as wide as the terminal allows.
  package var text: String { text(width: Terminal.output.tableWidth) }

  /// The lines, indented by two spaces and ended by line feeds.
  /// - Parameter width: The maximum width of a line in characters, or `nil` for no limit.
  ///   Left-aligned text is shortened to fit, the widest column first; numbers are not.
  package func text(width: Int?) -> String {
    let titles = columns.map(\.title)
    let hasHead = titles.contains { !$0.isEmpty }
    let widths = widths(hasHead ? [titles] + rows : rows, width)
    let shown = columns.indices.filter { widths[$0] != nil }
    func lines(_ row: [String]) -> [String] {
      let cells = shown.map { cell(row[$0], columns[$0].alignment, widths[$0]!) }
      return (0..<(cells.map(\.count).max() ?? 1)).map { number in
        let padded = zip(shown, cells).map { column, cell in
          let text = number < cell.count ? cell[number] : ""
          let fill = String(repeating: " ", count: max(0, widths[column]! - text.displayWidth))
          return columns[column].alignment == .right ? fill + text : text + fill
        }
        let text = padded.joined(separator: Self.gap)
        return Self.indentation + String(text.reversed().drop { $0 == " " }.reversed())
      }
    }
    let head = hasHead ? lines(titles).map { $0.styled(.faint) } : []
    return (head + rows.flatMap(lines)).map { $0 + "\n" }.joined()
  }

  /// The lines of a cell.
  private func cell(_ text: String, _ alignment: Alignment, _ width: Int) -> [String] {
    switch alignment {
    case .left: [text.shortened(to: width)]
    case .wrapped: text.wrapped(to: width)
    case .right: [text]
    }
  }

  /// The width of each column, or `nil` for omitted ones.
  private func widths(_ lines: [[String]], _ limit: Int?) -> [Int?] {
    let widths: [Int?] = columns.indices.map { column in lines.map { $0[column].displayWidth }.max() ?? 0 }
    guard let limit else { return widths }
    var shown = widths
    let words = columns.indices.map { column in
      columns[column].alignment == .wrapped ? lines.map { $0[column].longestWord }.max() ?? 0 : 0
    }
    for title in dispensable {
      if let fitting = fitted(shown, limit, least: words.map { max($0, Self.goodWidth) }) { return fitting }
      if let column = columns.firstIndex(where: { $0.title == title }) { shown[column] = nil }
    }
    return fitted(shown, limit, least: words.map { max($0, Self.leastWidth) })
      ?? fitted(shown, limit, least: words.map { _ in Self.leastWidth }) ?? shown
  }

  /// `widths` reduced until a line has at most `limit` characters, or `nil` if that is impossible.
  /// - Parameter least: The minimum width of each column.
  private func fitted(_ widths: [Int?], _ limit: Int, least: [Int]) -> [Int?]? {
    var widths = widths
    let count = widths.count { $0 != nil }
    let flexible = columns.indices.filter { widths[$0] != nil && columns[$0].alignment != .right }
    var excess =
      widths.reduce(0) { $0 + ($1 ?? 0) } + Self.indentation.count + Self.gap.count * max(count - 1, 0) - limit
    while excess > 0 {
      guard let widest = flexible.filter({ widths[$0]! > least[$0] }).max(by: { widths[$0]! < widths[$1]! }) else {
        return nil
      }
      widths[widest]! -= 1
      excess -= 1
    }
    return widths
  }
}

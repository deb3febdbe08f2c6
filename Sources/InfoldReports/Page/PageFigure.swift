/// The colors that all pages share, by the names of their classes in `Drawing`.
package enum PlotStyle: String {
  /// Series of numbers: what a page is about, what it is compared with, and a further one.
  case first, second, third
  /// What something may be at most: a dashed line.
  case limit

  /// The color for a style sheet.
  package var color: String { "var(--\(rawValue))" }
}

/// Which color means what.
package struct PageLegend: PageElement {
  private let entries: [(color: String, meaning: String)]

  /// - Parameter entries: Colors of a style sheet, and what they mean, which is escaped.
  package init(_ entries: [(color: String, meaning: String)]) {
    self.entries = entries
  }

  /// - Parameter entries: Styles of a drawing, and what they mean, which is escaped.
  package init(_ entries: [(style: PlotStyle, meaning: String)]) {
    self.entries = entries.map { ($0.style.color, $0.meaning) }
  }

  package var markup: String {
    "<div class=\"legend\">"
      + entries.map { "<span><i style=\"background:\($0.color)\"></i>\(Markup.escaped($0.meaning))</span>" }.joined()
      + "</div>"
  }
}

/// A drawing that is made twice: for a wide page, and for a phone.
package struct PageFigure: PageElement {
  package let markup: String

  /// - Parameters:
  ///   - wide: Width and height on a wide page, where a section is 1070 wide.
  ///   - narrow: Width and height on a phone.
  ///   - draw: Makes the SVG of a size.
  package init(
    wide: (width: Double, height: Double) = (1070, 340), narrow: (width: Double, height: Double) = (350, 280),
    _ draw: (_ width: Double, _ height: Double) -> String
  ) {
    markup =
      "<div class=\"wide\">\(draw(wide.width, wide.height))</div>\n"
      + "<div class=\"narrow\">\(draw(narrow.width, narrow.height))</div>"
  }
}

/// Drawings next to each other, or below each other where the page is narrow.
package struct PagePair: PageElement {
  private let figures: [(note: String, figure: any PageElement)]

  /// - Parameter figures: Drawings, each with a line above it, as markup.
  package init(_ figures: [(note: String, figure: any PageElement)]) {
    self.figures = figures
  }

  package var markup: String {
    "<div class=\"pair\">\n"
      + figures.map { "<div><p class=\"note\">\($0.note)</p>\($0.figure.markup)</div>" }.joined(separator: "\n")
      + "\n</div>"
  }
}

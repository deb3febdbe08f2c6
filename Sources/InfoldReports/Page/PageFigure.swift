/// The colors that all pages share. The raw values are class names in a `Drawing`.
package enum PlotStyle: String {
  /// Data series: the subject of the page, what it is compared with, and a third.
  case first, second, third
  /// An upper bound, drawn as a dashed line.
  case limit

  /// The color as a CSS value.
  package var color: String { "var(--\(rawValue))" }
}

/// A legend that explains colors.
package struct PageLegend: PageElement {
  private let entries: [(color: String, meaning: String)]

  /// - Parameter entries: CSS colors and their meanings, which are escaped.
  package init(_ entries: [(color: String, meaning: String)]) {
    self.entries = entries
  }

  /// - Parameter entries: Styles of a drawing and their meanings, which are escaped.
  package init(_ entries: [(style: PlotStyle, meaning: String)]) {
    self.entries = entries.map { ($0.style.color, $0.meaning) }
  }

  package var markup: String {
    "<div class=\"legend\">"
      + entries.map { "<span><i style=\"background:\($0.color)\"></i>\(Markup.escaped($0.meaning))</span>" }.joined()
      + "</div>"
  }
}

/// A drawing in two sizes: for a wide page and for a phone.
package struct PageFigure: PageElement {
  package let markup: String

  /// - Parameters:
  ///   - wide: Width and height on a wide page, where a section is 1070 pixels wide.
  ///   - narrow: Width and height on a phone.
  ///   - draw: Draws the SVG element in a size.
  package init(
    wide: (width: Double, height: Double) = (1070, 340), narrow: (width: Double, height: Double) = (350, 280),
    _ draw: (_ width: Double, _ height: Double) -> String
  ) {
    markup =
      "<div class=\"wide\">\(draw(wide.width, wide.height))</div>\n"
      + "<div class=\"narrow\">\(draw(narrow.width, narrow.height))</div>"
  }
}

/// Drawings side by side, or one below the other on a narrow page.
package struct PagePair: PageElement {
  private let figures: [(note: String, figure: any PageElement)]

  /// - Parameter figures: Drawings, each with a caption above it, as markup.
  package init(_ figures: [(note: String, figure: any PageElement)]) {
    self.figures = figures
  }

  package var markup: String {
    "<div class=\"pair\">\n"
      + figures.map { "<div><p class=\"note\">\($0.note)</p>\($0.figure.markup)</div>" }.joined(separator: "\n")
      + "\n</div>"
  }
}

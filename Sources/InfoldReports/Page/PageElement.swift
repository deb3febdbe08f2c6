import InfoldSystem

/// A piece of a page.
package protocol PageElement {
  /// The HTML of the element. Empty if there is nothing to show.
  var markup: String { get }
}

/// An element that consists of given markup.
package struct PageMarkup: PageElement {
  package let markup: String

  /// Creates an element from markup.
  package init(_ markup: String) {
    self.markup = markup
  }
}

/// The outcome of a page, as a colored label next to the title.
package struct PageBadge: PageElement {
  /// Positive, negative, or neither.
  package enum Kind: String {
    case passed, failed, neutral
  }

  package let markup: String

  /// - Parameter text: One or two words, which are escaped.
  package init(_ text: String, _ kind: Kind) {
    markup = "<span class=\"verdict \(kind.rawValue)\">\(Markup.escaped(text))</span>"
  }
}

/// Key figures at the top of a page.
package struct PageTiles: PageElement {
  private let tiles: [(figure: String, meaning: String)]

  /// - Parameter tiles: Figures and their meanings, which are escaped.
  package init(_ tiles: [(figure: String, meaning: String)]) {
    self.tiles = tiles
  }

  package var markup: String {
    guard !tiles.isEmpty else { return "" }
    return "<div class=\"tiles\">"
      + tiles.map {
        "<div class=\"tile\"><b>\(Markup.escaped($0.figure))</b><span>\(Markup.escaped($0.meaning))</span></div>"
      }.joined() + "</div>"
  }
}

/// A card with a heading.
package struct PageSection: PageElement {
  private let title: String
  private let elements: [(any PageElement)?]

  /// - Parameters:
  ///   - title: The heading, as markup.
  ///   - note: A paragraph below the heading, as markup.
  ///   - elements: The content. `nil` elements are skipped.
  package init(_ title: String, note: String? = nil, _ elements: [(any PageElement)?]) {
    self.title = title
    self.elements = (note.map { [PageNote($0)] } ?? []) + elements
  }

  package var markup: String {
    let pieces = elements.compactMap { $0?.markup }.filter { !$0.isEmpty }
    return "<section><h2>\(title)</h2>\n\(pieces.joined(separator: "\n"))</section>"
  }
}

/// An explanatory paragraph.
package struct PageNote: PageElement {
  package let markup: String

  /// - Parameter markup: The content of the paragraph.
  package init(_ markup: String) {
    self.markup = "<p class=\"note\">\(markup)</p>"
  }
}

/// A list of sentences.
package struct PageList: PageElement {
  private let title: String?
  private let lines: [String]

  /// - Parameters:
  ///   - title: A heading within a section, as markup.
  ///   - lines: The sentences, which are escaped.
  package init(title: String? = nil, _ lines: [String]) {
    self.title = title
    self.lines = lines
  }

  package var markup: String {
    guard !lines.isEmpty else { return "" }
    let heading = title.map { "<h2 class=\"next\">\($0)</h2>" } ?? ""
    return heading + "<ul>" + lines.map { "<li>\(Markup.escaped($0))</li>" }.joined() + "</ul>"
  }
}

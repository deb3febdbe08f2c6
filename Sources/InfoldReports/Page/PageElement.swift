import InfoldSystem

/// A piece of a page.
package protocol PageElement {
  /// Its HTML; empty for nothing.
  var markup: String { get }
}

/// HTML that is made elsewhere.
package struct PageMarkup: PageElement {
  package let markup: String

  /// What is already markup.
  package init(_ markup: String) {
    self.markup = markup
  }
}

/// What a page comes to.
package struct PageVerdict: PageElement {
  /// Good, bad, or neither.
  package enum Kind: String {
    case passed, failed, neutral
  }

  package let markup: String

  /// - Parameter text: A word or two, which are escaped.
  package init(_ text: String, _ kind: Kind) {
    markup = "<span class=\"verdict \(kind.rawValue)\">\(Markup.escaped(text))</span>"
  }
}

/// Figures that are seen first.
package struct PageTiles: PageElement {
  private let tiles: [(figure: String, meaning: String)]

  /// - Parameter tiles: Each a figure and what it means, which are escaped.
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
  ///   - note: A paragraph below it, as markup.
  ///   - elements: What follows; `nil` is left out.
  package init(_ title: String, note: String? = nil, _ elements: [(any PageElement)?]) {
    self.title = title
    self.elements = (note.map { [PageNote($0)] } ?? []) + elements
  }

  package var markup: String {
    let pieces = elements.compactMap { $0?.markup }.filter { !$0.isEmpty }
    return "<section><h2>\(title)</h2>\n\(pieces.joined(separator: "\n"))</section>"
  }
}

/// A paragraph that explains.
package struct PageNote: PageElement {
  package let markup: String

  /// - Parameter markup: Its content, as markup.
  package init(_ markup: String) {
    self.markup = "<p class=\"note\">\(markup)</p>"
  }
}

/// Sentences, one below the other.
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

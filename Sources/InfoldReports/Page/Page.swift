/// A self-contained HTML page, without scripts or network access.
///
/// The head of the page contains its topic and the names of its models. `PageLinks` uses them to
/// recognize pages of the same model.
package struct Page {
  /// The title, which will be escaped.
  package var title: String
  /// The markup next to the title.
  package var badge = ""
  /// Additional styles.
  package var styles = ""
  /// Everything below the title, as markup.
  package var content: String
  /// The topic in links from other pages, such as `Folding` or `Profile`. Empty for a page that is
  /// not linked to.
  package var topic = ""
  /// The file names of the page's models.
  package var models: [String] = []

  /// Creates a page from markup. Only the title is escaped.
  package init(title: String, badge: String = "", styles: String = "", content: String) {
    self.title = title
    self.badge = badge
    self.styles = styles
    self.content = content
  }

  /// Creates a page from elements.
  /// - Parameters:
  ///   - topic: The topic in links from other pages.
  ///   - models: The paths of the models. The page shows only their file names.
  ///   - title: The title.
  ///   - outcome: The label next to the title.
  ///   - lead: The first sentence, as markup.
  ///   - elements: The content. `nil` elements are skipped.
  ///   - footer: The last sentences, as markup.
  package init(
    topic: String, models: [String?], title: String, outcome: PageBadge? = nil, lead: String,
    elements: [(any PageElement)?], footer: String
  ) {
    self.title = title
    badge = outcome?.markup ?? ""
    var pieces = ["<p class=\"lead\">\(lead)</p>"]
    pieces += elements.compactMap { $0?.markup }.filter { !$0.isEmpty }
    pieces.append("<footer>\(footer)</footer>")
    content = pieces.joined(separator: "\n")
    self.topic = topic
    self.models = models.compactMap { $0.map(Self.fileName) }
  }

  /// The last component of a path.
  package static func fileName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// The page as HTML.
  package var html: String {
    let title = Markup.escaped(title)
    return """
      \(PageHead(topic: topic, models: models).start)<meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <title>\(title)</title>
      <style>
      \(PageStyle.css)\(styles)
      </style>
      </head>
      <body>
      <main>
      \(PageLinks.start)\(PageLinks.end)
      <header><h1>\(title)</h1>\(badge)</header>
      \(content)
      </main>
      </body>
      </html>

      """
  }
}

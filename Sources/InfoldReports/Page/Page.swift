/// An HTML page that needs nothing else: no network, no script.
///
/// It names its topic and its models in its head, by which `PageLinks` recognizes pages that belong together.
package struct Page {
  /// The title, which will be escaped.
  package var title: String
  /// What stands beside it, as markup.
  package var badge = ""
  /// Additional styles.
  package var styles = ""
  /// Everything below the title, as markup.
  package var content: String
  /// What the page is about, as others link to it: `Folding` or `Profile`; empty for a page that no others link to.
  package var topic = ""
  /// The file names of the models that it is about.
  package var models: [String] = []

  /// Creates a page. All parts but the title are markup.
  package init(title: String, badge: String = "", styles: String = "", content: String) {
    self.title = title
    self.badge = badge
    self.styles = styles
    self.content = content
  }

  /// A page of elements.
  /// - Parameters:
  ///   - topic: What it is about, as others link to it.
  ///   - models: The paths of the models; the page has the names of the files only.
  ///   - title: The title.
  ///   - verdict: What the page comes to, in a word or two.
  ///   - lead: The first sentence, as markup.
  ///   - elements: What follows; `nil` is left out.
  ///   - footer: The last sentences, as markup.
  package init(
    topic: String, models: [String?], title: String, verdict: PageVerdict? = nil, lead: String,
    elements: [(any PageElement)?], footer: String
  ) {
    self.title = title
    badge = verdict?.markup ?? ""
    var pieces = ["<p class=\"lead\">\(lead)</p>"]
    pieces += elements.compactMap { $0?.markup }.filter { !$0.isEmpty }
    pieces.append("<footer>\(footer)</footer>")
    content = pieces.joined(separator: "\n")
    self.topic = topic
    self.models = models.compactMap { $0.map(Self.fileName) }
  }

  /// The last part of a path.
  package static func fileName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// The page.
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

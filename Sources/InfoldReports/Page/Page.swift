/// A self-contained HTML page without scripts or network access.
package struct Page {
  /// The title, which will be escaped.
  package var title: String
  /// Markup next to the title.
  package var badge = ""
  /// Additional styles.
  package var styles = ""
  /// The markup below the title.
  package var content: String

  /// Creates a page. All parts but the title are markup.
  package init(title: String, badge: String = "", styles: String = "", content: String) {
    self.title = title
    self.badge = badge
    self.styles = styles
    self.content = content
  }

  /// The HTML text.
  package var html: String {
    let title = Markup.escaped(title)
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <title>\(title)</title>
      <style>
      \(PageStyle.css)\(styles)
      </style>
      </head>
      <body>
      <main>
      <header><h1>\(title)</h1>\(badge)</header>
      \(content)
      </main>
      </body>
      </html>

      """
  }
}

/// An HTML page that needs nothing else: no network, no script.
package struct Page {
  /// The title, which is escaped.
  package var title: String
  /// What stands beside it.
  package var badge = ""
  /// Styles beside those that all pages have.
  package var styles = ""
  /// Everything below the title.
  package var content: String

  /// A page of pieces that hold markup, but for the title.
  package init(title: String, badge: String = "", styles: String = "", content: String) {
    self.title = title
    self.badge = badge
    self.styles = styles
    self.content = content
  }

  /// The page.
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

import InfoldGraph

/// A name for what a pattern leaves open: a value, a number, sizes. Wherever it stands in a pattern, it is the same.
package struct Capture<Content: Hashable & Sendable>: Sendable {
  /// The name, one for each capture of a pattern.
  let name: String

  /// A capture.
  package init(_ name: String) {
    self.name = name
  }
}

/// What the captures of a pattern were found to be.
package struct Match {
  private var contents: [String: AnyHashable] = [:]

  /// Nothing yet.
  package init() {}

  /// Lets `capture` be `content`.
  /// - Returns: Whether it was open, or the same already.
  package mutating func bind<Content>(_ capture: Capture<Content>, _ content: Content) -> Bool {
    if let known = contents[capture.name] { return known == AnyHashable(content) }
    contents[capture.name] = AnyHashable(content)
    return true
  }

  /// What a capture was found to be; `nil` for one that the part of the pattern which was found does not have.
  package subscript<Content>(_ capture: Capture<Content>) -> Content? {
    contents[capture.name]?.base as? Content
  }
}

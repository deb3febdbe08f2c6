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
  /// A few, by the names of their captures.
  private var contents: [(name: String, content: any Sendable)] = []

  /// Nothing yet.
  package init() {}

  /// Lets `capture` be `content`.
  /// - Returns: Whether it was open, or the same already.
  package mutating func bind<Content>(_ capture: Capture<Content>, _ content: Content) -> Bool {
    if let known = known(capture) { return (known as? Content) == content }
    contents.append((capture.name, content))
    return true
  }

  /// What a capture was found to be; `nil` for one that the part of the pattern which was found does not have.
  package subscript<Content>(_ capture: Capture<Content>) -> Content? {
    known(capture).flatMap { $0 as? Content }
  }

  private func known<Content>(_ capture: Capture<Content>) -> (any Sendable)? {
    contents.first { $0.name == capture.name }?.content
  }
}

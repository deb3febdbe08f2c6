import InfoldGraph

/// A named placeholder in a pattern: a value, a number, or sizes. All its occurrences in a pattern
/// must match the same content.
package struct Capture<Content: Hashable & Sendable>: Sendable {
  /// The name, which is unique within a pattern.
  let name: String

  /// Creates a capture.
  package init(_ name: String) {
    self.name = name
  }
}

/// The contents of a pattern's captures.
package struct Match {
  /// The contents with the names of their captures. There are few.
  private var contents: [(name: String, content: any Sendable)] = []

  /// Creates an empty match.
  package init() {}

  /// Binds `capture` to `content`.
  /// - Returns: Whether the capture was unbound, or already had the same content.
  package mutating func bind<Content>(_ capture: Capture<Content>, _ content: Content) -> Bool {
    if let known = known(capture) { return (known as? Content) == content }
    contents.append((capture.name, content))
    return true
  }

  /// The content of a capture, or `nil` if the alternative of the pattern that matched does not
  /// include it.
  package subscript<Content>(_ capture: Capture<Content>) -> Content? {
    known(capture).flatMap { $0 as? Content }
  }

  private func known<Content>(_ capture: Capture<Content>) -> (any Sendable)? {
    contents.first { $0.name == capture.name }?.content
  }
}

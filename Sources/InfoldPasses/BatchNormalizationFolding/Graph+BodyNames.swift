import InfoldGraph
import InfoldSystem

extension Graph {
  /// Gives the captures of bodies the current names of the captured values, and renames values of
  /// bodies that clash with those of outer graphs. Inlining a function may require both.
  /// - Parameter taken: All names in use.
  mutating func resolveBodyNames(avoiding taken: inout NameRegistry) throws(InfoldError) {
    taken.take(contentsOf: values.lazy.map(\.name))
    try resolveBodyNames(outer: Set(values.map(\.name)), &taken)
  }

  private mutating func resolveBodyNames(outer: Set<String>, _ taken: inout NameRegistry) throws(InfoldError) {
    for id in nodeIDs where !self[id].attributes.bodies.isEmpty {
      let node = self[id]
      let current = Dictionary(zip(node.attributes.capturedNames, node.captures.map { self[$0].name })) {
        first, _ in first
      }
      var attributes = node.attributes
      var isChanged = false
      for (attribute, body) in attributes.bodies {
        var body = body
        let captures = Set(body.captures)
        var own = outer
        for id in body.valueIDs where !body[id].name.isEmpty {
          let name = body[id].name
          if captures.contains(id) {
            body[id].name = current[name] ?? name
          } else if outer.contains(name) {
            body[id].name = taken.unused(name)
          }
          own.insert(body[id].name)
          isChanged = isChanged || body[id].name != name
        }
        try body.resolveBodyNames(outer: own, &taken)
        isChanged = isChanged || !body.nodes.allSatisfy(\.attributes.bodies.isEmpty)
        attributes[attribute] = .graph(body)
      }
      if isChanged {
        var changed = node
        // In the order of the new names, with each name resolved to its original value.
        let values = Dictionary(node.captures.map { (self[$0].name, $0) }) { first, _ in first }
        changed.captures = attributes.capturedNames.compactMap { values[$0] }
        self[id] = try changed.replacing(attributes: attributes)
      }
    }
  }
}

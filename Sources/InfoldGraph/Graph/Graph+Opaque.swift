extension Graph {
  /// Checks that every node can be run.
  /// - Throws: `InfoldError` with `.unsupported`, listing every node that cannot, with the reason for each.
  public func requireNoOpaqueNodes() throws(InfoldError) {
    var reasons: [(text: String, nodes: [String])] = []
    var places: [String: Int] = [:]
    for node in nodes {
      guard case .opaque(let reason) = node.kind else { continue }
      let text = reason.reason
      if let place = places[text] {
        reasons[place].nodes.append(label(of: node))
      } else {
        places[text] = reasons.count
        reasons.append((text, [label(of: node)]))
      }
    }
    guard !reasons.isEmpty else { return }
    let list = reasons.map { text, nodes in
      "\(text) (\(nodes.prefix(3).joined(separator: ", "))"
        + (nodes.count > 3 ? " and \(nodes.count - 3) more)" : ")")
    }
    throw InfoldError(
      .unsupported, "the model cannot be run: " + list.joined(separator: "; "),
      hint: "export it with operators that Infold has")
  }
}

import InfoldSystem

extension Graph {
  /// Checks that every node can be run, and every initializer that is read be held.
  /// - Throws: `InfoldError` with `.unsupported`, listing all that cannot, with the reason for each.
  public func requireNoOpaqueNodes() throws(InfoldError) {
    var reasons: [(text: String, nodes: [String])] = []
    var places: [String: Int] = [:]
    for (node, reason) in opaqueNodes + opaqueInitializers {
      if let place = places[reason] {
        reasons[place].nodes.append(node)
      } else {
        places[reason] = reasons.count
        reasons.append((reason, [node]))
      }
    }
    guard !reasons.isEmpty else { return }
    let list = reasons.map { text, nodes in
      "\(text) (\(nodes.prefix(3).joined(separator: ", "))"
        + (nodes.count > 3 ? " and \(nodes.count - 3) more)" : ")")
    }
    throw InfoldError(
      .unsupported, "the model cannot be run: " + list.joined(separator: "; "),
      hint: "export it with operators that Infold has, or register operators of your own")
  }

  /// Every initializer that is read and is no tensor of numbers.
  private var opaqueInitializers: [(node: String, reason: String)] {
    var isRead = [Bool](repeating: false, count: values.count)
    for id in outputs + inputs { isRead[id.index] = true }
    for node in nodes {
      for use in node.uses { isRead[use.index] = true }
    }
    return valueIDs.compactMap { id in
      guard isRead[id.index], let initializer = self[id].initializer, initializer.tensor == nil else { return nil }
      return (
        "the initializer \(String(quoting: self[id].name))", "tensors of strings and sparse tensors are not supported"
      )
    }
  }

  /// Every opaque node, those of called functions included, and why it is opaque.
  private var opaqueNodes: [(node: String, reason: String)] {
    nodes.flatMap { node -> [(node: String, reason: String)] in
      switch node.kind {
      case .typed: []
      case .call(let body): body.opaqueNodes
      case .opaque(let reason): [(label(of: node), reason.reason)]
      }
    }
  }
}

import InfoldSystem

extension Graph {
  /// Checks that Infold can run every node and use every initializer that is read.
  /// - Throws: `InfoldError.Code.unsupported`, with a list of everything that is unsupported and
  ///   why.
  public func requireNoOpaqueNodes() throws(InfoldError) {
    var reasons: [(text: String, nodes: [String])] = []
    var places: [String: Int] = [:]
    var hints: [String] = []
    for (node, reason, hint) in opaqueNodes + opaqueInitializers.map({ ($0.node, $0.reason, nil) }) {
      if let hint, !hints.contains(hint) { hints.append(hint) }
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
      hint: hints.isEmpty
        ? "export the model with supported operators, or register your own operators" : hints.joined(separator: "; "))
  }

  /// The initializers that are read but are not numeric tensors.
  private var opaqueInitializers: [(node: String, reason: String, code: InfoldError.Code)] {
    var isRead = [Bool](repeating: false, count: values.count)
    for id in outputs + inputs { isRead[id.index] = true }
    for node in nodes {
      for use in node.uses { isRead[use.index] = true }
    }
    return valueIDs.compactMap { id in
      guard isRead[id.index], let initializer = self[id].initializer, initializer.tensor == nil else { return nil }
      let name = "the initializer \(String(quoting: self[id].name))"
      guard case .unread(_, let reason) = initializer.content else {
        return (name, "string tensors and sparse tensors are not supported", .unsupported)
      }
      return (name, reason.reason, reason.code)
    }
  }

  /// The errors of initializers that are read but cannot be used.
  package var initializerFaults: [InfoldError] {
    opaqueInitializers.map { name, reason, code in InfoldError(code, "\(name): \(reason)") }
  }

  /// All opaque nodes, including those of called functions, with the reasons.
  private var opaqueNodes: [(node: String, reason: String, hint: String?)] {
    nodes.flatMap { node -> [(node: String, reason: String, hint: String?)] in
      switch node.kind {
      case .typed: []
      case .call(let body): body.opaqueNodes
      case .opaque(let reason): [(label(of: node), reason.reason, reason.hint)]
      }
    }
  }
}

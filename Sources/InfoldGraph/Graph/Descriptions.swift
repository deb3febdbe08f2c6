import InfoldSystem
import InfoldTensor

extension Model: CustomStringConvertible, CustomReflectable {
  /// One line: the file, the network, and the operator sets.
  public var description: String {
    let sets = opsetImports.map { set in
      set.domain.isEmpty ? "opset \(set.version)" : "\(String(printable: set.domain)) \(set.version)"
    }
    return "model" + (path.map { " " + String(quoting: $0) } ?? "") + ", \(sets.joined(separator: ", ")): \(graph)"
  }

  /// The description: a network has many thousands of parts.
  public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

extension Graph: CustomStringConvertible, CustomReflectable {
  /// One line: the name, the number of nodes, the inputs and the outputs.
  public var description: String {
    func list(_ ids: [ValueID]) -> String { ids.map { String(describing: self[$0]) }.joined(separator: ", ") }
    return "graph " + (name.isEmpty ? "" : String(quoting: name) + " ")
      + "of \(counted(nodes.count, "node")), (\(list(inputs))) to (\(list(outputs)))"
  }

  /// The description: a network has many thousands of parts.
  public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

extension Node: CustomStringConvertible, CustomReflectable {
  /// The name and the operator.
  public var description: String {
    Node.label(name: name, opType: opType, domain: domain, outputs: [], inputs: [])
  }

  /// The description: bodies may be large.
  public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

extension Value: CustomStringConvertible, CustomReflectable {
  /// The name and the type.
  public var description: String { String(printable: name) + (type.map { ": \($0)" } ?? "") }

  /// The description: initializers may be large.
  public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

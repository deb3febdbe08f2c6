import InfoldSystem
import InfoldTensor

extension Model: CustomStringConvertible, CustomReflectable {
  /// One line with the file, the graph and the opset imports.
  public var description: String {
    let sets = opsetImports.map { set in
      set.domain.isEmpty ? "opset \(set.version)" : "\(String(printable: set.domain)) \(set.version)"
    }
    return "model" + (path.map { " " + String(quoting: $0) } ?? "") + ", \(sets.joined(separator: ", ")): \(graph)"
  }

  /// A mirror with only the description. A network has thousands of parts.
  public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

extension Graph: CustomStringConvertible, CustomReflectable {
  /// One line with the name, the number of nodes, the inputs and the outputs.
  public var description: String {
    func list(_ ids: [ValueID]) -> String { ids.map { String(describing: self[$0]) }.joined(separator: ", ") }
    return "graph " + (name.isEmpty ? "" : String(quoting: name) + " ")
      + "of \(counted(nodes.count, "node")), (\(list(inputs))) to (\(list(outputs)))"
  }

  /// A mirror with only the description. A network has thousands of parts.
  public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

extension Node: CustomStringConvertible, CustomReflectable {
  /// The name and the operator.
  public var description: String {
    Node.label(name: name, opType: opType, domain: domain, outputs: [], inputs: [])
  }

  /// A mirror with only the description. Bodies may be large.
  public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

extension Value: CustomStringConvertible, CustomReflectable {
  /// The name and the type.
  public var description: String { String(printable: name) + (type.map { ": \($0)" } ?? "") }

  /// A mirror with only the description. Initializers may be large.
  public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

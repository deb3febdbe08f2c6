import InfoldSystem

extension Graph: CustomStringConvertible {
  /// Name and sizes, on one line: `graph "resnet18": 1 input, 1 output, 49 nodes`.
  public var description: String {
    "graph \(String(quoting: name)): \(counted(inputs.count, "input")), \(counted(outputs.count, "output")), "
      + counted(nodes.count, "node")
  }
}

extension Node: CustomStringConvertible {
  /// As errors call it: `node "conv1" (Conv)`.
  public var description: String {
    Node.label(name: name, opType: opType, domain: domain, outputs: [])
  }
}

extension Value: CustomStringConvertible {
  /// Name and type.
  public var description: String {
    String(quoting: name) + (type.map { ": \($0)" } ?? "")
  }
}

extension Model: CustomStringConvertible {
  /// File, graph and operator sets, on one line.
  public var description: String {
    let file = path.map { String(quoting: $0) + ", " } ?? ""
    let opsets = opsetImports.map { ($0.domain.isEmpty ? "opset" : String(printable: $0.domain)) + " \($0.version)" }
    return "model \(file)\(graph), IR version \(irVersion), " + opsets.joined(separator: ", ")
  }
}

extension Graph: CustomReflectable {
  /// What a debugger shows: no tensors.
  public var customMirror: Mirror {
    Mirror(
      self,
      children: [
        "name": name, "inputs": inputs.map { self[$0].description }, "outputs": outputs.map { self[$0].description },
        "nodes": nodes.count,
      ])
  }
}

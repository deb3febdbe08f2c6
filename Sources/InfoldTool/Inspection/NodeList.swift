import InfoldGraph

/// The report of `inspect --nodes`: all nodes and their names.
struct NodeList: Encodable {
  let nodes: [Entry]

  /// A node.
  struct Entry: Encodable {
    /// The name that command-line options accept for the node.
    let reference: String
    /// The name in the model; empty if it has none.
    let name: String
    /// The operator, with its domain if that is not ONNX's own.
    let type: String
    /// The node whose body or function contains this node, or `nil` for a node of the main graph.
    /// Options accept only the latter.
    let owner: String?
    /// The names of the input values; empty for omitted inputs.
    let inputs: [String]
    /// The output values.
    let outputs: [ValueReport]
  }

  /// The nodes of a graph, each followed by the nodes of its bodies.
  init(_ graph: Graph) {
    nodes = Self.entries(graph, owner: nil)
  }

  private static func entries(_ graph: Graph, owner: String?) -> [Entry] {
    graph.nodes.flatMap { node -> [Entry] in
      let reference = graph.reference(to: node)
      let entry = Entry(
        reference: reference, name: node.name,
        type: node.domain.isEmpty ? node.opType : node.domain + "." + node.opType,
        owner: owner, inputs: node.inputs.map { $0.map { graph[$0].name } ?? "" },
        outputs: node.definitions.map { ValueReport(graph.info($0)) })
      return [entry] + node.bodies.flatMap { entries($0, owner: (owner.map { $0 + "/" } ?? "") + reference) }
    }
  }

  /// The list as text.
  var text: String {
    let isNested = nodes.contains { $0.owner != nil }
    var table =
      isNested
      ? Table(("node", .left), ("operator", .left), ("output", .left), ("inside", .left))
      : Table(("node", .left), ("operator", .left), ("output", .left))
    for node in nodes {
      let shapes = node.outputs.map { $0.type == nil ? "?" : $0.text }.joined(separator: ", ")
      if isNested {
        table.add(
          String(printable: node.reference), String(printable: node.type), shapes, String(printable: node.owner ?? ""))
      } else {
        table.add(String(printable: node.reference), String(printable: node.type), shapes)
      }
    }
    return nodes.isEmpty ? "no nodes\n" : table.text
  }
}

extension Node {
  /// The graphs inside the node: the function that it calls, and bodies of If, Loop and Scan.
  fileprivate var bodies: [Graph] {
    (body.map { [$0] } ?? [])
      + attributes.entries.flatMap { entry -> [Graph] in
        switch entry.value {
        case .graph(let graph): [graph]
        case .graphs(let graphs): graphs
        default: []
        }
      }
  }
}

import InfoldGraph
import InfoldOperators
import InfoldTensor

/// Which nodes compute what folding reads of constants alone. Others are not asked for, however constant their results are: folding
/// leaves them in the file.
struct ConstantDemand {
  /// The nodes.
  private(set) var nodes: Set<NodeID> = []

  private let graph: Graph
  private let producers: [NodeID?]
  /// Whether each value is computed of constants alone.
  private var isComputed: [Bool]

  init(_ graph: Graph, captured: [ValueID: Tensor]) {
    self.graph = graph
    producers = graph.producers()
    isComputed = graph.valueIDs.map { graph.constant($0) != nil || captured[$0] != nil }
    for node in graph.nodes {
      guard let typed = node.typed, !(typed is any BodyOperator) else { continue }
      // The shape of a value may be known, the value itself not.
      let isKnown =
        type(of: typed).followsFromShapes || node.inputs.allSatisfy { $0 == nil || isComputed[$0!.index] }
      guard isKnown else { continue }
      for output in node.definitions { isComputed[output.index] = true }
    }
    for node in graph.nodes { demand(Self.constants(read: node)) }
  }

  /// The values that folding reads where they are constants.
  private static func constants(read node: Node) -> [ValueID] {
    if node.typed?.linearForm != nil { return node.inputs.dropFirst().compactMap { $0 } }
    return switch node.typed?.affineForm {
    case .normalization: node.inputs.dropFirst().compactMap { $0 }
    case .arithmetic: node.inputs.compactMap { $0 }
    case nil: node.captures
    }
  }

  private mutating func demand(_ values: [ValueID]) {
    var open = values
    while let value = open.popLast() {
      guard isComputed[value.index], let producer = producers[value.index], nodes.insert(producer).inserted else {
        continue
      }
      open += graph[producer].inputs.compactMap { $0 }
    }
  }
}

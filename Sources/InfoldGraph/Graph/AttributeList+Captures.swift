extension AttributeList {
  /// The names that subgraphs in these attributes take from the graph around them, each once.
  package var capturedNames: [String] {
    var seen: Set<String> = []
    return entries.flatMap(\.value.capturedNames).filter { seen.insert($0).inserted }
  }
}

extension Attribute {
  fileprivate var capturedNames: [String] {
    switch self {
    case .graph(let graph): graph.capturedNames
    case .graphs(let graphs): graphs.flatMap(\.capturedNames)
    default: []
    }
  }
}

extension Graph {
  fileprivate var capturedNames: [String] { captures.map { self[$0].name } }
}

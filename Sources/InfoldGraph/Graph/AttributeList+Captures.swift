extension AttributeList {
  /// The names of outer values that the bodies in these attributes read, without duplicates.
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

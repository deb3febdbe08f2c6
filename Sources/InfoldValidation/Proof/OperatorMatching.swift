import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldSystem

/// Finds for each linear operator of a graph the one of a folded graph that took its place.
struct OperatorMatching {
  /// An operator of the original, and the one that took its place.
  struct Pair {
    let original: OperatorChain
    let folded: OperatorChain
    /// The node of the original in whose body both are, as errors call it; `nil` for those of the network itself.
    var owner: String?
  }

  /// The graphs.
  let original, folded: Graph
  /// The operators that were found again, in the order of the original.
  private(set) var pairs: [Pair] = []
  /// The operators of the original that were not, as errors call them.
  private(set) var missing: [String] = []
  /// The operators of the folded graph that belong to none of the original.
  private(set) var additional: [String] = []

  /// Those of two graphs, and of the bodies of their nodes.
  init(_ original: Graph, _ folded: Graph) throws(InfoldError) {
    let analyses = (try FoldAnalysis(original), try FoldAnalysis(folded))
    self.init(analyses.0, analyses.1)
    try addBodies(of: analyses.0.graph, analyses.1.graph)
  }

  /// First by the names of the values that they make, for folding keeps the operator's name or takes that of a map
  /// behind it; the others in their order, by operator and sizes.
  init(_ original: FoldAnalysis, _ folded: FoldAnalysis) {
    (self.original, self.folded) = (original.graph, folded.graph)
    var candidates: [String: Int] = [:]
    for (index, entry) in folded.operators.enumerated() {
      for name in folded.names(of: entry) { candidates[name] = candidates[name] ?? index }
    }
    var partner: [Int?] = original.operators.map { entry in
      original.names(of: entry).lazy.compactMap { candidates[$0] }
        .first { original.isAlike(entry, folded.operators[$0], in: folded) }
    }
    var isTaken = Set(partner.compactMap { $0 })
    if isTaken.count < partner.count(where: { $0 != nil }) {
      // A name that fits two operators decides for neither.
      let counts = partner.reduce(into: [Int: Int]()) { $0[$1 ?? -1, default: 0] += 1 }
      partner = partner.map { $0.flatMap { counts[$0] == 1 ? $0 : nil } }
      isTaken = Set(partner.compactMap { $0 })
    }
    for (index, entry) in original.operators.enumerated() where partner[index] == nil {
      partner[index] = folded.operators.indices.first {
        !isTaken.contains($0) && original.isAlike(entry, folded.operators[$0], in: folded)
      }
      if let found = partner[index] { isTaken.insert(found) }
    }
    for (entry, index) in zip(original.operators, partner) {
      if let index {
        pairs.append(
          Pair(
            original: OperatorChain(analysis: original, entry: entry),
            folded: OperatorChain(analysis: folded, entry: folded.operators[index])))
      } else {
        missing.append(original.graph.label(of: original.graph[entry.node]))
      }
    }
    additional = folded.operators.indices.filter { !isTaken.contains($0) }
      .map { folded.graph.label(of: folded.graph[folded.operators[$0].node]) }
  }
}

extension OperatorMatching {
  /// Adds the operators in the bodies of nodes. Nodes belong together that make a value of the same name, or are as many in both
  /// graphs.
  private mutating func addBodies(
    of original: Graph, _ folded: Graph
  ) throws(InfoldError) {
    func owners(_ graph: Graph) -> [NodeID] { graph.nodeIDs.filter { graph[$0].typed is any BodyOperator } }
    func name(_ id: NodeID, _ graph: Graph) -> String? {
      graph[id].definitions.first { _ in true }.map { graph[$0].name }
    }
    let (left, right) = (owners(original), owners(folded))
    for (place, id) in left.enumerated() {
      let partner =
        right.first { name($0, folded) == name(id, original) } ?? (left.count == right.count ? right[place] : nil)
      guard let partner else { continue }
      let owner = original.label(of: original[id])
      let bodies = Dictionary(folded.bodies(of: partner).map { ($0.attribute, $0) }) { first, _ in first }
      for body in original.bodies(of: id) {
        guard let a = body.typed, let other = bodies[body.attribute], let b = other.typed else { continue }
        let opened = try [a, b].map { graph throws(InfoldError) in
          var opened = try InlineBodies().run(on: graph).graph
          try opened.inferTypes()
          return try FoldAnalysis(opened)
        }
        let inner = OperatorMatching(opened[0], opened[1])
        pairs += inner.pairs.map { Pair(original: $0.original, folded: $0.folded, owner: owner) }
        missing += inner.missing.map { "\($0) in a body of \(owner)" }
        additional += inner.additional.map { "\($0) in a body of \(owner)" }
        try addBodies(of: opened[0].graph, opened[1].graph)
      }
    }
  }

  /// Why the folded model is none, where nothing of what can be folded is.
  var reasonAgainstFolded: String? {
    let foldable = pairs.filter { $0.state != .plain }
    guard !foldable.isEmpty, foldable.allSatisfy({ $0.state == .notFolded }) else { return nil }
    return "is not folded: what can be folded is still there, at all of \(foldable.count) operators with weights"
  }
}

extension FoldAnalysis {
  fileprivate func names(of entry: FoldPlan.Operator) -> [String] {
    entry.outputs.map { graph[$0].name }
  }

  /// Whether the operators have the same kind and weights of the same sizes. A MatMul may have become a Gemm, and a
  /// Gemm's weight may have been transposed.
  fileprivate func isAlike(_ entry: FoldPlan.Operator, _ other: FoldPlan.Operator, in analysis: FoldAnalysis) -> Bool {
    let types = [graph[entry.node].opType, analysis.graph[other.node].opType]
    let shapes = [weightShape(entry), analysis.weightShape(other)]
    return types[0] == types[1] && shapes[0] == shapes[1]
      || !entry.linear.form.hasWindow && !other.linear.form.hasWindow
        && entry.linear.inputChannels == other.linear.inputChannels
        && entry.linear.outputChannels == other.linear.outputChannels
  }

  fileprivate func weightShape(_ entry: FoldPlan.Operator) -> [Int] {
    graph.constant(graph[entry.node].inputs[1]!)?.shape ?? []
  }
}

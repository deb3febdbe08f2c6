import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldSystem

/// Finds the counterpart of each linear operator of a graph in a folded graph.
struct OperatorMatching {
  /// An operator of the original and its counterpart.
  struct Pair {
    let original: OperatorChain
    let folded: OperatorChain
    /// How the counterpart was found.
    let kind: OperatorPairing.Kind
    /// The distance between its weights and the expected ones, relative to their size. `nil` if it
    /// was not computed.
    let distance: Double?
    /// The label of the original's node whose body contains both. `nil` for operators of the main
    /// graph.
    var owner: String?
  }

  /// The original and the folded graph.
  let original, folded: Graph
  /// The matched operators, in the order of the original.
  private(set) var pairs: [Pair] = []
  /// The labels of the original's operators without a counterpart.
  private(set) var missing: [String] = []
  /// The labels of the folded graph's operators without a counterpart.
  private(set) var additional: [String] = []

  /// Whether another tool may have written the folded graph.
  private let isForeign: Bool

  /// Matches the operators of two graphs, and of the bodies of their nodes.
  /// - Parameter isForeign: Whether another tool may have written the second graph. If so, weights
  ///   are compared where names are ambiguous. Maps then also count as folded if Infold would
  ///   refuse to fold them because digits would be lost.
  init(_ original: Graph, _ folded: Graph, isForeign: Bool = false) throws(InfoldError) {
    let analyses = (
      try FoldAnalysis(original, acceptsLoss: isForeign), try FoldAnalysis(folded, acceptsLoss: isForeign)
    )
    try self.init(analyses.0, analyses.1, isForeign: isForeign)
    try addBodies(of: analyses.0.graph, analyses.1.graph)
  }

  private init(_ original: FoldAnalysis, _ folded: FoldAnalysis, isForeign: Bool) throws(InfoldError) {
    (self.original, self.folded, self.isForeign) = (original.graph, folded.graph, isForeign)
    let pairing = try OperatorPairing(original, folded, looksAtWeights: isForeign)
    for (entry, partner) in zip(original.operators, pairing.partners) {
      if let partner {
        pairs.append(
          Pair(
            original: OperatorChain(analysis: original, entry: entry),
            folded: OperatorChain(analysis: folded, entry: folded.operators[partner.index]), kind: partner.kind,
            distance: partner.distance))
      } else {
        missing.append(original.graph.label(of: original.graph[entry.node]))
      }
    }
    let isTaken = Set(pairing.partners.compactMap { $0?.index })
    additional = folded.operators.indices.filter { !isTaken.contains($0) }
      .map { folded.graph.label(of: folded.graph[folded.operators[$0].node]) }
  }
}

extension OperatorMatching {
  /// Matches the operators in the bodies of nodes. Two nodes correspond if they write a value of
  /// the same name. If there is none, and both graphs have equally many nodes with bodies, the
  /// nodes at the same position correspond.
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
          return try FoldAnalysis(opened, acceptsLoss: isForeign)
        }
        let inner = try OperatorMatching(opened[0], opened[1], isForeign: isForeign)
        pairs += inner.pairs.map { pair in
          var pair = pair
          pair.owner = owner
          return pair
        }
        missing += inner.missing.map { "\($0) in a body of \(owner)" }
        additional += inner.additional.map { "\($0) in a body of \(owner)" }
        try addBodies(of: opened[0].graph, opened[1].graph)
      }
    }
  }

  /// The reason why the second graph is not a folded form of the first, if nothing that could be
  /// folded is folded.
  var reasonAgainstFolded: String? {
    let foldable = pairs.filter { $0.state != .plain }
    guard !foldable.isEmpty, foldable.allSatisfy({ $0.state == .notFolded }) else { return nil }
    return
      "is not folded: 0 of \(foldable.count) fold sites are folded"
  }
}

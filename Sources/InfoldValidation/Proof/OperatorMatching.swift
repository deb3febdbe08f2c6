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
    /// How it was found.
    let kind: OperatorPairing.Kind
    /// How far its weights are from what they must be, as a part of their size; `nil` where that was not asked for.
    let distance: Double?
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

  /// Whether another tool may have made the folded graph.
  private let isForeign: Bool

  /// Those of two graphs, and of the bodies of their nodes.
  /// - Parameter isForeign: Whether another tool may have made the second graph: then weights are looked at where names do not decide,
  ///   and maps count as folded of which Infold would not lose the digits.
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

  /// Why the folded model is none, where nothing of what can be folded is.
  var reasonAgainstFolded: String? {
    let foldable = pairs.filter { $0.state != .plain }
    guard !foldable.isEmpty, foldable.allSatisfy({ $0.state == .notFolded }) else { return nil }
    return "is not folded: what can be folded is still there, at all of \(foldable.count) operators with weights"
  }
}

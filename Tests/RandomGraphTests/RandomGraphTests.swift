import InfoldGraph
import RandomGraphs
import Testing

/// Random networks, optimized in both precisions and as they are written, against double precision. `Fuzzing`'s command
/// `differential` does the same with any number of them.
@Suite struct RandomGraphTests {
  @Test(arguments: 0..<50 as Range<UInt64>) func agreement(block: UInt64) throws {
    for seed in (block * 60)..<(block * 60 + 60) {
      let graph = try RandomGraph(seed: seed)
      if let disagreement = try graph.disagreement() {
        Issue.record("seed \(seed): \(disagreement)\n\(try graph.minimized())")
      }
    }
  }

  /// The bounds are so narrow that a change of a weight by a thousandth is seen in most networks.
  @Test func smallChanges() throws {
    var found = 0, tried = 0
    for seed in 0..<200 as Range<UInt64> {
      let graph = try RandomGraph(seed: seed)
      guard let changed = try Self.changed(graph.model) else { continue }
      tried += 1
      if try graph.disagreement(running: changed) != nil { found += 1 }
    }
    #expect(tried > 100)
    #expect(found > tried / 2, "\(found) of \(tried)")
  }

  /// The model with the first weight of the last convolution multiplied by 1.001; `nil` for one without.
  private static func changed(_ model: Model) throws -> Model? {
    guard let node = model.graph.nodes.last(where: { $0.opType == "Conv" }), let weight = node.inputs[1],
      var tensor = model.graph.constant(weight)
    else { return nil }
    try tensor.withMutableSpan(as: Float.self) { $0[0] *= 1.001 }
    var changed = model
    changed.graph[weight].initializer = Initializer(tensor)
    return changed
  }
}

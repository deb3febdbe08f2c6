import InfoldGraph
import InfoldOperators
import InfoldTensor
import RandomGraphs
import Testing

/// Random networks, optimized in both precisions and without optimization, compared with double precision. The `differential` command of
/// `Fuzzing` does the same with any number of them.
@Suite struct RandomGraphTests {
  @Test(arguments: 0..<50 as Range<UInt64>) func agreement(block: UInt64) throws {
    for seed in (block * 60)..<(block * 60 + 60) {
      let graph = try RandomGraph(seed: seed)
      if let disagreement = try graph.disagreement() {
        Issue.record("seed \(seed): \(disagreement)\n\(try graph.minimized())")
      }
    }
  }

  /// The bounds are so tight that a change of one weight by 0.1 % is detected in nearly half of the networks. In float16, whose numbers are
  /// 8192 times farther apart, so is tripling the weight. In some networks, nothing depends on the weight.
  @Test(arguments: [(ElementType.float32, 0.001), (.float16, 2)])
  func smallChanges(type: ElementType, part: Double) throws {
    var found = 0, tried = 0
    var seed: UInt64 = 0
    while tried < 120 {
      let graph = try RandomGraph(seed: seed)
      seed += 1
      guard let changed = try Self.changed(graph.model, type, by: part) else { continue }
      tried += 1
      if try graph.disagreement(running: changed) != nil { found += 1 }
    }
    #expect(found > tried * 2 / 5, "\(found) of \(tried)")
  }

  /// The model with the first weight of the last convolution changed by a relative amount; `nil` if there is no such weight.
  private static func changed(_ model: Model, _ type: ElementType, by part: Double) throws -> Model? {
    guard let node = model.graph.nodes.last(where: { $0.opType == "Conv" }), let weight = node.inputs[1],
      let tensor = model.graph.constant(weight), tensor.elementType == type
    else { return nil }
    var numbers = try tensor.numbers()
    numbers[0] *= 1 + part
    var changed = model
    changed.graph[weight].initializer = Initializer(
      try Tensor(shape: tensor.shape, numbers).converted(to: type))
    return changed
  }

  /// What the networks have.
  @Test func kinds() throws {
    var counts: [String: Int] = [:]
    for seed in 0..<1000 as Range<UInt64> {
      let graph = try RandomGraph(seed: seed).model.graph
      let type = graph[graph.inputs[0]].type!
      if type.elementType == .float16 { counts["float16", default: 0] += 1 }
      counts["rank \(type.shape!.rank)", default: 0] += 1
      if graph.nodes.contains(where: { $0.definitions.contains { graph[$0].type?.shape?.sizes == nil } }) {
        counts["computed sizes", default: 0] += 1
      }
      for name in Set(graph.nodes.map(\.opType)) { counts[name, default: 0] += 1 }
      for node in graph.nodes where node.opType == "ConvTranspose" {
        counts["transposed", default: 0] += 1
        if case .ints? = node.attributes["output_padding"] { counts["output padding", default: 0] += 1 }
        if graph[node.inputs[0]!].type?.shape?.sizes?[2...].contains(1) == true {
          counts["transposed, of one row", default: 0] += 1
        }
      }
    }
    for kind in [
      "float16", "rank 3", "rank 4", "rank 5", "transposed", "output padding", "transposed, of one row",
      "computed sizes",
    ] {
      #expect(counts[kind, default: 0] >= 50, "\(kind): \(counts)")
    }
    for kind in [
      "NonZero", "NonMaxSuppression", "Compress", "TopK", "Range", "Where", "Tile", "RoiAlign", "GridSample",
      "AffineGrid",
      "DeformConv", "ReverseSequence", "ConvInteger", "QLinearConv", "QuantizeLinear",
    ] {
      #expect(counts[kind, default: 0] >= 10, "\(kind): \(counts)")
    }
    for kind in [
      "If", "Loop", "LSTM", "GRU", "RNN", "Attention", "RotaryEmbedding", "FusedConv", "FusedMatMul", "BiasGelu",
      "SkipLayerNormalization", "QLinearAdd", "QLinearMul", "SplitToSequence", "SequenceInsert", "SequenceAt",
      "ConcatFromSequence",
    ] {
      #expect(counts[kind, default: 0] >= 4, "\(kind): \(counts)")
    }
  }
}

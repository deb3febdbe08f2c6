import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Computes a graph node by node for a whole data set, so that each normalization gets the
/// statistics of its input before any later node reads its output.
struct SequentialSweep {
  private let graph: Graph
  private var rewriter: StatisticsRewriter
  /// The tensors of live values for each run of each mini-batch.
  private var batches: [[[ValueID: Tensor]]] = []
  /// For each node, the values of which it is the last use.
  private let lastUses: [[ValueID]]
  private let memoryLimit: Int
  private var heldBytes = 0

  /// - Precondition: The normalizations of `graph` have passed `StatisticsRewriter.check`.
  init(_ graph: Graph, memoryLimit: Int) throws(InfoldError) {
    var graph = graph
    graph.outputs = []
    self.graph = graph
    rewriter = StatisticsRewriter(graph)
    lastUses = graph.lastUses()
    self.memoryLimit = memoryLimit
  }

  /// Reads the data set.
  /// - Throws: The errors of `sample`; `InfoldError` with `.invalidArgument` if samples do not fit
  ///   the graph; `.limitExceeded` if they exceed the memory limit.
  mutating func load(
    _ batches: MiniBatches, _ sample: (Int) throws(InfoldError) -> [String: Tensor]
  ) throws(InfoldError) {
    let interface = try ModelInterface(graph, file: nil)
    var batches = batches
    while let runs = try batches.next(sample) {
      var states: [[ValueID: Tensor]] = []
      for run in runs {
        let tensors = try interface.completed(run)
        var state: [ValueID: Tensor] = [:]
        // The graph has the default values.
        for (id, tensor) in zip(graph.inputs, tensors) where run[graph[id].name] != nil {
          state[id] = tensor
          try hold(tensor)
        }
        states.append(state)
      }
      self.batches.append(states)
    }
  }

  /// Computes a node for every mini-batch.
  mutating func evaluate(_ id: NodeID) throws(InfoldError) {
    try evaluate([graph[id]], releasing: lastUses[id.index])
  }

  /// Gives a normalization the statistics of `layer`, and computes it for every mini-batch.
  mutating func normalize(_ layer: ModelStatistics.Layer) throws(InfoldError) {
    let nodes = try rewriter.replacement(
      of: layer.node, mean: layer.mean, variance: layer.variance, shape: layer.statistics.shape!)
    let passing = nodes.dropLast().flatMap { Array($0.definitions) }
    try evaluate(nodes, releasing: lastUses[layer.node.index] + passing)
  }

  /// The statistics of a value over all mini-batches.
  /// - Throws: The errors of `BatchStatistics.add(pieces:)`, naming the node `id`.
  func statistics(
    of value: ValueID, per granularity: BatchStatistics.Granularity, at id: NodeID
  ) throws(InfoldError) -> BatchStatistics {
    try annotatingErrors({ $0.atNode(graph.label(of: graph[id])) }) { () throws(InfoldError) in
      var statistics = BatchStatistics(layout: .nchw, per: granularity)
      for runs in batches {
        var batch = MiniBatchStatistics(layout: .nchw, per: granularity)
        for run in runs { try batch.add(run[value] ?? graph[value].initializer!.tensor!) }
        try statistics.add(batch)
      }
      return statistics
    }
  }

  private mutating func evaluate(_ nodes: [Node], releasing released: [ValueID]) throws(InfoldError) {
    let graph = rewriter.graph
    for batch in batches.indices {
      for run in batches[batch].indices {
        for node in nodes {
          let state = batches[batch][run]
          let operands = node.inputs.map { $0.flatMap { state[$0] ?? graph[$0].initializer?.tensor } }
          let results = try annotatingErrors({ $0.atNode(graph.label(of: node)) }) { () throws(InfoldError) in
            try node.evaluate(operands)
          }
          for case (let output?, let result?) in zip(node.outputs, results) {
            batches[batch][run][output] = result
            try hold(result)
          }
        }
        for value in released {
          guard let tensor = batches[batch][run].removeValue(forKey: value) else { continue }
          heldBytes -= tensor.byteCount
        }
      }
    }
  }

  private mutating func hold(_ tensor: Tensor) throws(InfoldError) {
    heldBytes += tensor.byteCount
    guard heldBytes <= memoryLimit else {
      throw InfoldError(
        .limitExceeded,
        "memory limit exceeded: a sequential collection keeps the live values of all samples, which take more than \(memoryLimit) bytes",
        hint: "use fewer samples, or do not collect sequentially")
    }
  }
}

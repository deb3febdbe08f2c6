import InfoldGraph
import InfoldSystem
import InfoldTensor

/// How the sizes in a graph depend on data: on how many nodes, one after the other, that make tensors of sizes which only a run knows,
/// as NonZero does.
///
/// Inference goes through the graph behind the first such node with a size of 1 in the place of each such size. So it is an estimate: of what
/// really depends on data a run finds out.
struct DataDependence {
  /// Where a node stands.
  enum Level: Hashable, Comparable {
    /// Its inputs have sizes that are known ahead.
    case none
    /// The sizes of its inputs are known once nodes of all lower levels have run.
    case after(Int)
    /// Not even the rank of an input is known.
    case unknown

    /// The level of what reads a tensor whose sizes a node of this level decides.
    var next: Level {
      switch self {
      case .none: .after(0)
      case .after(let level): .after(level + 1)
      case .unknown: .unknown
      }
    }
  }

  /// The level of each node.
  let levels: [Level]
  /// Whether the elements of each value follow from the sizes of others.
  let followsFromSizes: [Bool]

  init(_ graph: Graph) throws(InfoldError) {
    var trial = graph
    trial.keepsFaultyNodes = true
    var inference = Inference(trial)
    var valueLevels = [Level](repeating: .none, count: graph.values.count)
    var levels: [Level] = []
    let first = graph.nodeIDs.first { graph[$0].definitions.contains { graph[$0].type?.shape?.sizes == nil } }
    try inference.run(from: first) { id, trial in
      let node = graph[id]
      let level = node.uses.reduce(Level.none) { max($0, valueLevels[$1.index]) }
      levels.append(level)
      for output in node.definitions {
        let isKnown = trial[output].type?.shape?.sizes != nil
        valueLevels[output.index] = isKnown && !(node.typed is any BodyOperator && level > .none) ? level : level.next
        guard !isKnown else { continue }
        guard let type = trial[output].type ?? graph[output].type, let shape = type.shape else {
          valueLevels[output.index] = .unknown
          continue
        }
        trial[output].type = TensorType(type.elementType, Shape(shape.map { .fixed($0.size ?? 1) }))
      }
    }
    self.levels = levels
    followsFromSizes = inference.tensors.map { $0 != nil }
  }
}

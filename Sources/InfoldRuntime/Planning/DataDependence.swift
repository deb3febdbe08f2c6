import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Determines which nodes have sizes that depend on data. Each node gets a level: the number of
/// successive nodes with data-dependent output shapes, such as NonZero, on which its input sizes
/// depend.
///
/// After the first such node, inference continues with size 1 for each unknown size. The result is
/// therefore an estimate. A run determines the actual dependence.
struct DataDependence {
  /// How the input sizes of a node depend on data.
  enum Level: Hashable, Comparable {
    /// The sizes of all inputs are known before a run.
    case none
    /// The sizes of the inputs are known once the nodes of all lower levels have run.
    case after(Int)
    /// Even the rank of an input is unknown.
    case unknown

    /// The level of the consumers of a tensor whose sizes are decided by a node of this level.
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
  /// Whether the elements of each value follow from the sizes of other values.
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

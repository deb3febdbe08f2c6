import InfoldGraph

/// Which values are written straight into the concatenation that they are a part of, so that the Concat has nothing to do.
///
/// Only concatenations of channels: with the channels last in memory, a part is a slice of every pixel.
struct ConcatPlacement {
  /// A value's place.
  struct Part {
    /// The result of the Concat.
    var whole: ValueID
    /// The channel of it that is the value's first.
    var firstChannel: Int
  }

  private var parts: [ValueID: Part] = [:]

  init(_ graph: Graph) {
    let producers = graph.producers()
    let fixed = Set(graph.outputs)
    for node in graph.nodes {
      guard let concat = node.typed as? Concat, let whole = node.outputs[0], let type = graph[whole].type,
        type.elementType == .float32, let rank = type.shape?.rank, rank == 4,
        concat.axis == 1 || concat.axis == 1 - rank
      else { continue }
      var channel = 0
      for case let value? in node.inputs {
        guard let channels = graph[value].type?.shape?[1].size else { break }
        if parts[value] == nil, producers[value.index] != nil, !fixed.contains(value),
          node.inputs.filter({ $0 == value }).count == 1
        {
          parts[value] = Part(whole: whole, firstChannel: channel)
        }
        channel += channels
      }
    }
  }

  /// The place of `value`, when it is a part.
  func part(_ value: ValueID) -> Part? {
    parts[value]
  }
}

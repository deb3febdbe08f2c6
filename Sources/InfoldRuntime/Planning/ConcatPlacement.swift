import InfoldGraph

/// Which values are written straight into the concatenation that they are a part of, so that the Concat has nothing to do.
///
/// Only concatenations of channels: with the channels last in memory, a part is a slice of every pixel.
package struct ConcatPlacement {
  /// A value's place.
  package struct Part {
    /// The result of the Concat.
    package var whole: ValueID
    /// The channel of it that is the value's first.
    package var firstChannel: Int
  }

  private var parts: [ValueID: Part] = [:]

  /// The most concatenations inside each other that are placed at once: places are found by recursion.
  private static let maximumDepth = 64

  package init(_ graph: Graph) {
    let fixed = Set(graph.outputs)
    // How many concatenations lie inside each other in a value.
    var depths: [ValueID: Int] = [:]
    for node in graph.nodes {
      guard let whole = node.outputs.first ?? nil, let type = graph[whole].type,
        ElementFormat(type.elementType) != nil, let rank = type.shape?.rank, rank == 4 || rank == 5,
        graph.axisMapping(of: node).joinedAxis == 1
      else { continue }
      // Without all sizes, or without elements, there is nothing to write to.
      let parts = node.inputs.compactMap { $0 }
      var uses: [ValueID: Int] = [:]
      for part in parts { uses[part, default: 0] += 1 }
      let sizes = (parts + [whole]).map { graph[$0].type?.shape?.sizes ?? [] }
      if sizes.contains(where: { $0.isEmpty || $0.contains(0) }) { continue }
      var (channel, depth) = (0, 0)
      for (value, sizes) in zip(parts, sizes) {
        if self.parts[value] == nil, graph.index.producer(of: value) != nil, !fixed.contains(value),
          depths[value, default: 0] < Self.maximumDepth, uses[value] == 1
        {
          self.parts[value] = Part(whole: whole, firstChannel: channel)
          depth = max(depth, depths[value, default: 0])
        }
        channel += sizes[1]
      }
      depths[whole] = depth + 1
    }
  }

  /// The place of `value`, when it is a part.
  package func part(_ value: ValueID) -> Part? {
    parts[value]
  }
}

import InfoldGraph

/// Determines which values are written directly into a concatenation that contains them, so that
/// the Concat needs no step.
///
/// Only concatenations along the channels qualify: in channels-last layout, each operand is a slice
/// of every pixel.
package struct ConcatPlacement {
  /// The position of a value in a concatenation.
  package struct Part {
    /// The result of the Concat.
    package var whole: ValueID
    /// The channel of the result at which the value begins.
    package var firstChannel: Int
  }

  private var parts: [ValueID: Part] = [:]

  /// The maximum nesting of concatenations, because locations are resolved recursively.
  private static let maximumDepth = 64

  package init(_ graph: Graph) {
    let fixed = Set(graph.outputs)
    // The nesting depth of concatenations in each value.
    var depths: [ValueID: Int] = [:]
    for node in graph.nodes {
      guard let whole = node.outputs.first ?? nil, let type = graph[whole].type,
        ElementFormat(type.elementType) != nil, let rank = type.shape?.rank, rank == 4 || rank == 5,
        graph.axisMapping(of: node).joinedAxis == 1
      else { continue }
      // Skip concatenations without known sizes or without elements.
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

  /// The position of `value` if it is written into a concatenation.
  package func part(_ value: ValueID) -> Part? {
    parts[value]
  }
}

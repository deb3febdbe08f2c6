import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Merges a chain of per-channel scales and shifts into one: batch normalizations, and Add, Sub,
/// Mul and Div with constants. The result is computed in double precision and rounded once. Chains
/// for which a single scale and shift would lose precision are kept.
package struct MergeScaleShifts: GraphPass {
  package static let name = "merge scales and shifts"

  /// Creates the pass.
  package init() {}

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    let (axes, index) = (ChannelAxes(graph), graph.index)
    var maps: [NodeID: ChannelMap] = [:]
    for id in graph.nodeIDs {
      let map = try ChannelMap.Refusal.unlessRefused { () throws(ChannelMap.Refusal) in
        try ChannelMap(graph[id], in: graph, axes)
      }
      if let map, map.axis == 1, graph[map.input].type?.shape?.rank ?? 0 > 1 { maps[id] = map }
    }
    guard maps.count > 1 else { return PassResult(graph: graph) }
    var editor = GraphEditor(graph)
    var changes: [PassResult.Entry] = []
    var merged: Set<NodeID> = []
    var replacements: [NodeID: Node] = [:]
    for id in graph.nodeIDs where maps[id] != nil && !merged.contains(id) {
      var chain = [id]
      var affine = maps[id]!.affine
      // The length is limited, because each link traverses all the earlier ones.
      while chain.count < 64, let last = chain.last.flatMap({ maps[$0] }),
        let reader = index.onlyConsumer(of: last.output), let next = maps[reader], next.input == last.output,
        next.affine.channels == affine.channels
      {
        chain.append(reader)
        affine = affine.followed(by: next.affine)
      }
      guard chain.count > 1,
        let type = graph[maps[id]!.input].type.map({ ScaleShift.parameterType(for: $0.elementType) }),
        affine.isAccurate(asScaleAndShiftIn: type)
      else { continue }
      let last = graph[chain.last!]
      let label = graph.label(of: last)
      var inputs: [ValueID?] = [maps[id]!.input]
      for (name, numbers) in [("scale", affine.scale), ("shift", affine.shift)] {
        let tensor = try Tensor(shape: [numbers.count], numbers).converted(to: type)
        inputs.append(editor.addConstant("\(label) \(name)", tensor))
      }
      merged.formUnion(chain)
      replacements[chain.last!] = try Node(
        internal: ScaleShift.name, name: last.name, inputs: inputs, outputs: last.outputs)
      changes.append(
        PassResult.Entry(node: label, "merged with \(chain.count - 1) before it into one scale and shift"))
    }
    var rewritten = editor.graph
    rewritten.replaceNodes(graph.nodeIDs.compactMap { merged.contains($0) ? replacements[$0] : graph[$0] })
    return PassResult(graph: rewritten, changes: changes)
  }
}

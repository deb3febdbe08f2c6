import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Merges convolutions that read the same value, and whose results are added, into one. Such
/// branches occur in networks that are trained with parallel branches: RepVGG (Ding et al., 2021),
/// MobileOne, FastViT, GhostNetV3.
///
/// All smaller windows must lie within the largest one. Channel maps of the value, such as batch
/// normalizations, count as branches too, and so does the value itself if there are at least two
/// others. Weights are added in double precision and rounded once.
package struct MergeParallelConvolutions: GraphPass {
  package static let name = "merge parallel convolutions"

  /// Creates the pass.
  package init() {}

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    let additions = graph.nodeIDs.filter { graph[$0].typed is Add }
    guard !additions.isEmpty else { return PassResult(graph: graph) }
    let index = graph.index
    let search = ParallelBranchSearch(graph, index)
    var sums: [ValueID: ParallelBranches] = [:]
    for id in additions {
      try Interruption.check()
      guard let a = graph[id].inputs[0], let b = graph[id].inputs[1], a != b, let output = graph[id].outputs[0] else {
        continue
      }
      /// Returns the branches of a sum that has no other consumer.
      func branches(_ value: ValueID) throws(InfoldError) -> ParallelBranches? {
        guard index.onlyConsumer(of: value) == id, !index.isCaptured(value) else { return nil }
        if let sum = sums[value] { return sum }
        return try search.branches(ending: value)
      }
      let (first, second) = (try branches(a), try branches(b))
      let sum: ParallelBranches?
      let summands: [ValueID]
      if let first, let second, first.input == second.input {
        (sum, summands) = (first.adding(second), [a, b])
      } else if let first, first.input == b {
        (sum, summands) = (first.addingInput(), [a])
      } else if let second, second.input == a {
        (sum, summands) = (second.addingInput(), [b])
      } else {
        continue
      }
      guard var sum else { continue }
      sum.nodes.append(id)
      sums[output] = sum
      for value in summands { sums[value] = nil }
    }
    return try merged(graph, sums)
  }

  private func merged(_ graph: Graph, _ sums: [ValueID: ParallelBranches]) throws(InfoldError) -> PassResult {
    var editor = GraphEditor(graph)
    var changes: [PassResult.Entry] = []
    var replacements: [NodeID: Node] = [:]
    var replaced: Set<NodeID> = []
    for (output, sum) in sums.sorted(by: { $0.key.index < $1.key.index }) {
      try Interruption.check()
      guard sum.isWorthwhile, let window = sum.window, let type = graph[sum.input].type?.elementType,
        let (weight, bias) = try sum.parameters(of: graph, in: type)
      else { continue }
      let last = sum.nodes.last!, label = graph.label(of: graph[last])
      var inputs: [ValueID?] = [sum.input, editor.addConstant("\(label) weight", weight)]
      if let bias { inputs.append(editor.addConstant("\(label) bias", bias)) }
      replacements[last] = try Node(
        name: graph[last].name, opType: Conv.name, opsetVersion: Conv.versions.last!, attributes: window.attributes,
        inputs: inputs, outputs: [output])
      replaced.formUnion(sum.nodes)
      changes.append(PassResult.Entry(node: label, "merged \(sum.branches.count) branches into one convolution"))
    }
    guard !changes.isEmpty else { return PassResult(graph: graph) }
    let nodes = graph.nodeIDs.compactMap { replaced.contains($0) ? replacements[$0] : graph[$0] }
    editor.replaceNodes(nodes)
    return PassResult(graph: editor.graph, changes: changes)
  }
}

import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Puts tensors in the places of sequences, in one graph and in the bodies of its nodes.
struct SequenceRewriter {
  /// The graph with what is known of its types and constants, and what it becomes.
  var build: SequenceNodes
  /// What stands in the place of each sequence.
  var sequences: [ValueID: SequenceValue]
  /// What was done.
  private(set) var changes: [PassResult.Entry] = []
  /// The nodes that have become others, by what they made first.
  var replaced: Set<ValueID> = []

  /// - Parameters:
  ///   - sequences: What is known of values that the graph takes from outside.
  ///   - names: The names that are taken anywhere.
  init(_ graph: Graph, sequences: [ValueID: SequenceValue] = [:], names: NameRegistry) {
    build = SequenceNodes(graph: graph, names: names)
    self.sequences = sequences
  }

  var graph: Graph { build.graph }

  /// Goes through the nodes until nothing more can be replaced. The nodes that made sequences are still there, and nobody needs them.
  mutating func rewrite() throws(InfoldError) {
    // What becomes of a loop tells the types of what lies behind it, and so do the parts that a tensor is split into.
    for _ in 0..<8 {
      let (known, made) = (changes.count, graph.values.count)
      try rewriteOnce()
      guard changes.count > known || graph.values.count > made else { break }
      try build.graph.inferTypes()
    }
  }

  private mutating func rewriteOnce() throws(InfoldError) {
    let nodes = graph.nodes
    build.nodes = []
    build.graph.learnConstants()
    for node in nodes {
      try Interruption.check()
      let label = graph.label(of: node)
      build.opset = node.opsetVersion
      build.base = node.definitions.first { _ in true }.map { graph[$0].name } ?? ""
      do throws(InfoldError) {
        if try replace(node) {
          changes.append(PassResult.Entry(node: label, "works on tensors in the place of sequences"))
        } else {
          build.nodes.append(node)
        }
      } catch {
        guard error.code == .unsupported || error.code == .invalidModel else { throw error }
        build.nodes.append(node.refused(error))
      }
    }
    build.graph.forgetLearnedConstants()
    build.graph.replaceNodes(build.nodes)
  }

  /// - Returns: Whether nodes have been added in the place of this one.
  private mutating func replace(_ node: Node) throws(InfoldError) -> Bool {
    if node.isLoop { return try replaceLoop(node) }
    if node.isConditional { return try replaceBranches(node) }
    if node.typed is any BodyOperator { return false }
    guard let output = node.outputs.first ?? nil, !replaced.contains(output) else { return false }
    guard let operation = SequenceOperator(node) else {
      // What hands a sequence on unchanged.
      if let input = node.inputs.first ?? nil, let sequence = sequences[input],
        node.typed?.handsOnInput({ _ in false }) == true, sequences[output] == nil
      {
        sequences[output] = sequence
      }
      return false
    }
    try check(node, operation)
    return try replace(node, operation, output)
  }

  private func check(_ node: Node, _ operation: SequenceOperator) throws(InfoldError) {
    let (inputs, outputs) = operation.arity
    guard inputs.contains(node.inputs.count), node.outputs.count == outputs, node.opsetVersion >= 11 else {
      throw InfoldError(
        .invalidModel,
        "the operator has \(node.inputs.count) inputs and \(node.outputs.count) outputs in opset "
          + "\(node.opsetVersion), which ONNX does not allow")
    }
    for entry in node.attributes.entries where !operation.attributes.contains(entry.name) {
      throw InfoldError(.invalidModel, "the operator has no attribute \(String(quoting: entry.name))")
    }
  }
}

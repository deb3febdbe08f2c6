import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// A rewriter that replaces sequences by tensors in a graph and in the bodies of its nodes.
struct SequenceRewriter {
  /// The graph with its known types and constants, and the nodes that replace its own.
  var build: SequenceNodes
  /// The replacement of each sequence.
  var sequences: [ValueID: SequenceValue]
  /// The changes.
  private(set) var changes: [PassResult.Entry] = []
  /// The nodes that have been replaced, identified by their first outputs.
  var replaced: Set<ValueID> = []

  /// Creates a rewriter.
  /// - Parameters:
  ///   - graph: The graph.
  ///   - sequences: The replacements of sequences that the graph captures.
  ///   - names: All names in use.
  init(_ graph: Graph, sequences: [ValueID: SequenceValue] = [:], names: NameRegistry) {
    build = SequenceNodes(graph: graph, names: names)
    self.sequences = sequences
  }

  var graph: Graph { build.graph }

  /// Rewrites nodes until nothing more can be replaced. Nodes that created sequences remain but are
  /// no longer needed.
  mutating func rewrite() throws(InfoldError) {
    // Rewriting a loop, or splitting a tensor, reveals the types of later values.
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
    build.graph.recordConstants()
    for node in nodes {
      try Interruption.check()
      let label = graph.label(of: node)
      build.opset = node.opsetVersion
      build.base = node.definitions.first { _ in true }.map { graph[$0].name } ?? ""
      do throws(InfoldError) {
        if try replace(node) {
          changes.append(PassResult.Entry(node: label, "rewritten to tensors instead of sequences"))
        } else {
          build.nodes.append(node)
        }
      } catch {
        guard error.code == .unsupported || error.code == .invalidModel else { throw error }
        build.nodes.append(node.refused(error))
      }
    }
    build.graph.discardRecordedConstants()
    build.graph.replaceNodes(build.nodes)
  }

  /// Rewrites a node.
  /// - Returns: Whether nodes were added in its place.
  private mutating func replace(_ node: Node) throws(InfoldError) -> Bool {
    if node.isLoop { return try replaceLoop(node) }
    if node.isConditional { return try replaceBranches(node) }
    if node.typed is any BodyOperator { return false }
    guard let output = node.outputs.first ?? nil, !replaced.contains(output) else { return false }
    guard let operation = SequenceOperator(node) else {
      // Nodes that forward a sequence unchanged.
      if let input = node.inputs.first ?? nil, let sequence = sequences[input],
        node.typed?.forwardsInput({ _ in false }) == true, sequences[output] == nil
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

import InfoldGraph
import InfoldPasses
import InfoldSystem
import InfoldTensor

extension Model {
  /// The model's graph, ready for the passes.
  /// - Throws: `InfoldError` with `.unsupported` if Infold cannot run the model.
  func preparedGraph() throws(InfoldError) -> Graph {
    let graph = try PreparedModel(self).graph
    try annotatingErrors({ path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in try graph.requireNoOpaqueNodes() }
    return graph
  }
}

extension Graph {
  /// The graph as a session simplifies it before folding. Quantized networks stay unchanged: their
  /// operators are recognized while their weights are still stored as bytes.
  func unfolded() throws(InfoldError) -> Graph {
    var graph = self
    if quantizingNodes == 0 {
      let pipeline = OptimizationPipeline(foldsBatchNormalization: false, narrowTypes: .kept)
      graph = try pipeline.run(on: graph, through: .inline ... .simplify)
    }
    try graph.inferTypes()
    return graph
  }

  /// The graph after the folding of a session.
  /// - Parameter refused: Called for each batch normalization that is not folded.
  func folded(refused: (ValidationReport.Refusal) -> Void) throws(InfoldError) -> Graph {
    let result = try FoldBatchNormalization().run(on: self)
    for refusal in result.refusals {
      refused(ValidationReport.Refusal(node: refusal.node, reason: refusal.description))
    }
    var graph = result.graph
    try graph.inferTypes()
    return graph
  }
}

extension Graph {
  /// Checks that inputs and outputs have the same names and element types as those of `original`.
  func requireInterface(of original: Graph) throws(InfoldError) {
    func interface(_ graph: Graph, _ ids: [ValueID]) -> [String: ElementType?] {
      Dictionary(ids.map { (graph[$0].name, graph[$0].type?.elementType) }) { first, _ in first }
    }
    for (what, ours, theirs) in [
      ("inputs", interface(self, requiredInputs), interface(original, original.requiredInputs)),
      ("outputs", interface(self, outputs), interface(original, original.outputs)),
    ] where ours != theirs {
      func list(_ names: [String: ElementType?]) -> String {
        names.keys.sorted().map { String(quoting: $0) }.joined(separator: ", ")
      }
      throw InfoldError(
        .invalidArgument,
        "interface mismatch: the \(what) differ in name or type: \(list(ours)), in the original \(list(theirs))",
        hint: "pass the model that this file was folded from")
    }
  }

  /// The number of nodes that quantize numbers, or compute with quantized numbers.
  var quantizingNodes: Int {
    nodes.count { [.quantizes, .computes].contains($0.quantizationRole) }
  }

  /// Checks that the model is not quantized if the original is not.
  func requireFloats(as original: Graph) throws(InfoldError) {
    let isQuantized = nodes.contains { $0.quantizationRole != nil }
    guard !isQuantized || original.nodes.contains(where: { $0.quantizationRole != nil }) else {
      throw InfoldError(
        .invalidArgument, "is a quantized model, whose values differ from the original by more than rounding",
        hint: "pass a model that was only folded; infold quantize reports the errors of a quantized model")
    }
  }
}

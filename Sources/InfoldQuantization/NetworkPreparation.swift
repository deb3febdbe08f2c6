import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldSystem

/// Prepares a float network for quantization: computes constants, folds batch normalization, and
/// raises the opset to 13 if it is lower.
struct NetworkPreparation {
  /// The network with inferred types.
  private(set) var model: Model
  /// The report on folding.
  let folding: FoldReport
  /// The moments derived from batch normalizations, by value name.
  let expectations: [String: ChannelMoments]
  /// The network before its batch normalizations were folded.
  let unfolded: Model
  /// The present output names of nodes, by their output names before other nodes were folded into
  /// them. Unnamed nodes are identified by these.
  let aliases: [String: String]

  /// - Throws: `InfoldError` with `.invalidArgument`, naming the node, if the network is already
  ///   quantized; `.unsupported` for a body that captures values, and for nodes that cannot be
  ///   converted to opset 13.
  init(_ original: Model) throws(InfoldError) {
    var model = try original.inlinedFloats(hint: "quantize the float model that it was made from")
    if let node = model.graph.nodes.first(where: { !$0.captures.isEmpty }) {
      throw InfoldError(
        .unsupported, "a body reads values of the outer graph, which quantization would rename",
        node: model.graph.label(of: node))
    }
    model.graph.dropUnreadOutputs()
    try model.simplify()
    unfolded = model
    expectations = MomentPropagation(model.graph).moments
    let folded = try FoldBatchNormalization().fold(model)
    (model, folding) = (folded.model, folded.report)
    aliases = Self.aliases(folding, from: unfolded.graph, to: model.graph)
    model = try OpsetRaise.raised(model)
    model.graph = try Self.replacingBiasedProducts(model.graph)
    try model.graph.inferTypes()
    self.model = model
  }

  private static func aliases(_ report: FoldReport, from unfolded: Graph, to folded: Graph) -> [String: String] {
    var aliases: [String: String] = [:]
    for site in report.sites {
      let readers = folded.index.consumers(of: site.weight)
      guard unfolded.values.indices.contains(site.originalOutput.index), readers.count == 1,
        folded[readers[0]].inputs[1] == site.weight, let output = folded[readers[0]].outputs[0]
      else { continue }
      aliases[unfolded[site.originalOutput].name] = folded[output].name
    }
    return aliases
  }

  /// Returns the graph with each Sum of two operands replaced by Add, and each matrix product with
  /// an added constant by Gemm.
  private static func replacingBiasedProducts(_ graph: Graph) throws(InfoldError) -> Graph {
    var products: [ValueID: Node] = [:]
    var absorbed: Set<ValueID> = []
    var nodes: [Node] = []
    for node in graph.nodes {
      if node.typed is MatMul, let output = node.outputs[0], graph.index.onlyConsumer(of: output) != nil,
        isMatrixProduct(node, graph)
      {
        products[output] = node
      }
      if node.typed is Sum, node.inputs.count == 2 {
        nodes.append(try replacement(node, Add.name, node.inputs))
      } else if node.typed is Add, let (product, addend) = biasedProduct(node, products, graph) {
        absorbed.insert(product.outputs[0]!)
        nodes.append(try replacement(node, Gemm.name, product.inputs + [addend]))
      } else {
        nodes.append(node)
      }
    }
    var result = graph
    result.replaceNodes(nodes.filter { $0.definitions.allSatisfy { !absorbed.contains($0) } })
    return result
  }

  private static func replacement(
    _ node: Node, _ opType: String, _ inputs: [ValueID?]
  ) throws(InfoldError) -> Node {
    try Node(
      name: node.name, opType: opType, opsetVersion: node.opsetVersion, inputs: inputs, outputs: node.outputs)
  }

  private static func isMatrixProduct(_ node: Node, _ graph: Graph) -> Bool {
    guard let a = node.inputs[0], let b = node.inputs[1] else { return false }
    return graph[a].type?.shape?.rank == 2 && graph.constant(b)?.shape.count == 2
      && graph[a].type?.elementType == .float32
  }

  private static func biasedProduct(
    _ node: Node, _ products: [ValueID: Node], _ graph: Graph
  ) -> (product: Node, addend: ValueID)? {
    guard let a = node.inputs[0], let b = node.inputs[1] else { return nil }
    for (value, addend) in [(a, b), (b, a)] {
      guard let product = products[value], let weights = product.inputs[1].flatMap(graph.constant),
        let tensor = graph.constant(addend), tensor.shape == [weights.shape[1]], tensor.elementType == .float32
      else { continue }
      return (product, addend)
    }
    return nil
  }
}

extension Model {
  /// Returns the model, consistent and with functions and decided branches inlined.
  /// - Throws: `InfoldError` with `.invalidArgument`, naming the node, if the model is quantized.
  func inlinedFloats(hint: String) throws(InfoldError) -> Model {
    var model = self
    try model.graph.makeConsistent()
    model = try model.inlined()
    if let node = model.graph.nodes.first(where: { $0.quantizationRole != nil }) {
      throw InfoldError(
        .invalidArgument, "the model is already quantized", hint: hint, node: model.graph.label(of: node))
    }
    return model
  }
}

extension Graph {
  /// Removes the mask outputs of Dropout and the index outputs of MaxPool if nothing reads them.
  fileprivate mutating func dropUnreadOutputs() {
    let index = index
    for id in nodeIDs {
      guard let typed = self[id].typed, typed.quantizedForm != nil || typed.forwardsInput({ _ in true }) else {
        continue
      }
      let isUnread = self[id].outputs.dropFirst().allSatisfy { output in
        output.map { index.useCount(of: $0) == 0 } ?? true
      }
      if isUnread { self[id].outputs = Array(self[id].outputs.prefix(1)) }
    }
  }
}

import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Writes what a search has decided into a new graph.
struct FoldRewriter {
  private var search: FoldSearch
  private var editor: GraphEditor
  private var report = FoldReport()

  /// - Parameter reserved: Names that new values must not have.
  init(_ search: consuming FoldSearch, reserved: NameRegistry) {
    editor = GraphEditor(search.graph, reserved: reserved)
    self.search = search
  }

  /// The new graph, what was done, and the names that are taken now.
  consuming func rewritten() throws(InfoldError) -> (graph: Graph, report: FoldReport, names: NameRegistry) {
    try rewrite()
    return (editor.graph, report, editor.names)
  }

  private mutating func rewrite() throws(InfoldError) {
    var nodes: [Node] = []
    let (outputNames, inputNames) = renamings()
    for id in search.graph.nodeIDs {
      guard search.absorbedBackward[id] == nil, search.absorbedForward[id] == nil else { continue }
      var node = search.graph[id]
      node.inputs = node.inputs.map { $0.map { inputNames[$0] ?? $0 } }
      node.outputs = node.outputs.map { $0.map { outputNames[$0] ?? $0 } }
      guard let plan = search.plans[id] else {
        nodes.append(node)
        continue
      }
      nodes += try folded(node, id, plan)
    }
    editor.replaceNodes(nodes)
    report.foldedNormalizations = (Array(search.absorbedBackward.keys) + search.absorbedForward.keys)
      .count { search.graph[$0].isNormalization }
    report.refusals = search.refusals.sorted { $0.key < $1.key }.map {
      FoldReport.Refusal(node: search.graph.label(of: search.graph[$0.key]), reason: $0.value)
    }
  }

  /// Which value a node's output becomes, behind which maps have gone, and which value a node's input becomes, before
  /// which maps have gone.
  private func renamings() -> (outputs: [ValueID: ValueID], inputs: [ValueID: ValueID]) {
    var outputs: [ValueID: ValueID] = [:]
    for (id, map) in search.absorbedBackward.sorted(by: { $0.key > $1.key }) {
      _ = id
      outputs[map.input] = outputs[map.output] ?? map.output
    }
    var inputs: [ValueID: ValueID] = [:]
    for (id, map) in search.absorbedForward.sorted(by: { $0.key < $1.key }) {
      _ = id
      inputs[map.output] = inputs[map.input] ?? map.input
    }
    return (outputs, inputs)
  }

  /// The node with its new weights, and behind a MatMul an Add where it has to shift.
  private mutating func folded(
    _ node: Node, _ id: NodeID, _ plan: FoldSearch.Plan
  ) throws(InfoldError) -> [Node] {
    let original = search.graph[id]
    let foldedBias = try search.foldedBias(plan, of: id).values
    let elementType = search.graph.constant(original.inputs[1]!)!.elementType
    var node = node
    // A weight that only gets a bias stays as it is, however it is stored.
    let isScaled = (plan.input.scale + plan.output.scale).contains { $0 != 1 }
    let weight =
      isScaled
      ? editor.replaceConstant(
        original.inputs[1]!, suffix: ".folded", fallbackName: "weight",
        with: try plan.linear.scaled(
          takeWeight(original.inputs[1]!), input: plan.input.scale, output: plan.output.scale)) : original.inputs[1]!
    node.inputs[1] = weight
    var site = FoldReport.Site(
      node: search.graph.label(of: original), opType: original.opType, original: id,
      originalOutput: original.outputs[0]!,
      absorbed: (plan.before + plan.behind).map { search.graph.label(of: search.graph[$0.node]) }, input: plan.input,
      output: plan.output, weight: weight, bias: nil)
    defer { report.sites.append(site) }

    let hadBias = original.inputs.count > 2 && original.inputs[2] != nil
    guard hadBias || foldedBias.contains(where: { $0 != 0 }) else { return [node] }
    let biasTensor = try Tensor(shape: [foldedBias.count], foldedBias).converted(to: elementType)
    if plan.linear.takesBias {
      let bias = editor.replaceConstant(
        hadBias ? original.inputs[2] : nil, suffix: ".folded", fallbackName: biasName(of: weight), with: biasTensor)
      node.inputs = [node.inputs[0], weight, bias]
      site.bias = bias
      return [try withPlainBias(node, plan.linear.form)]
    }
    let bias = editor.addConstant(biasName(of: weight), biasTensor)
    site.bias = bias
    let output = node.outputs[0]!
    let product = editor.addValue(editor.graph[output].name + ".product", editor.graph[output].type)
    node.outputs = [product]
    let sum = try Node(
      name: node.name.isEmpty ? "" : node.name + ".bias", opType: Add.name, opsetVersion: node.opsetVersion,
      attributes: node.opsetVersion < 7 ? ["broadcast": .int(1)] : [:], inputs: [product, bias], outputs: [output])
    return [node, sum]
  }

  /// The weight that is to be folded; nobody else holds on to it, where nobody else needs it.
  private mutating func takeWeight(_ id: ValueID) -> Tensor {
    let weight = search.graph.constant(id)!
    if editor.isReplaceable(id) {
      search.release(id)
      editor.release(id)
    }
    return weight
  }

  private func biasName(of weight: ValueID) -> String {
    let name = editor.graph[weight].name
    return (name.hasSuffix(".weight") ? String(name.dropLast(".weight".count)) : name) + ".bias"
  }

  /// The node for a bias that is one number per channel now, multiplied with what it is to be multiplied with.
  private func withPlainBias(_ node: Node, _ form: LinearForm) throws(InfoldError) -> Node {
    guard case .scaled(_, let plain) = form.bias, !plain.entries.isEmpty else { return node }
    var attributes = node.attributes
    for entry in plain.entries { attributes[entry.name] = entry.value }
    return try node.replacing(attributes: attributes)
  }
}

import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// A rewriter that applies a plan to a graph.
struct FoldRewriter {
  /// The values of the new graph that hold the folded weight and bias.
  struct Constants {
    var weight: ValueID
    var bias: ValueID?
  }

  private let plan: FoldPlan
  private var editor: GraphEditor
  private var constants: [NodeID: Constants] = [:]

  private var graph: Graph { editor.graph }

  /// Creates a rewriter.
  /// - Parameters:
  ///   - graph: The graph that the plan was made for.
  ///   - plan: The plan.
  ///   - reserved: Names that new values must not have.
  init(_ graph: consuming Graph, _ plan: FoldPlan, reserved: NameRegistry) {
    self.plan = plan
    editor = GraphEditor(consume graph, reserved: reserved)
  }

  /// Returns the editor, which knows all names that are now taken, and the report.
  consuming func rewritten() throws(InfoldError) -> (editor: GraphEditor, report: FoldReport) {
    var nodes: [Node] = []
    let (outputNames, inputNames) = renamings()
    let folded = Set(plan.folds.map(\.node)), operators = plan.rewritten
    for id in graph.nodeIDs where !folded.contains(id) {
      var node = graph[id]
      node.inputs = node.inputs.map { $0.map { inputNames[$0] ?? outputNames[$0] ?? $0 } }
      node.outputs = node.outputs.map { $0.map { outputNames[$0] ?? $0 } }
      nodes += try operators[id].map { entry throws(InfoldError) in try rewritten(node, entry) } ?? [node]
    }
    let report = FoldReport(plan, of: graph, constants)
    editor.replaceNodes(nodes)
    return (editor, report)
  }

  /// Returns the renamings that remove the folded maps. The node before a removed map writes the
  /// map's output in place of its own (`outputs`); nodes after a removed map read the map's input
  /// instead (`inputs`).
  private func renamings() -> (outputs: [ValueID: ValueID], inputs: [ValueID: ValueID]) {
    var outputs: [ValueID: ValueID] = [:]
    for map in plan.folds.lazy.reversed().filter(\.isBackward).map(\.map) {
      outputs[map.input] = outputs[map.output] ?? map.output
    }
    var inputs: [ValueID: ValueID] = [:]
    for map in plan.folds.lazy.filter({ !$0.isBackward }).map(\.map) {
      inputs[map.output] = inputs[map.input] ?? map.input
    }
    return (outputs, inputs)
  }

  /// Returns the node with its new weights, followed by an Add if it is a MatMul that needs a bias.
  private mutating func rewritten(_ node: Node, _ entry: FoldPlan.Operator) throws(InfoldError) -> [Node] {
    let original = graph[entry.node], linear = entry.linear, old = original.inputs[1]!
    let elementType = graph.constant(old)!.elementType
    let bias = try FoldedBias(
      linear, weight: graph.constant(old), bias: linear.bias(of: original, in: graph), input: entry.input,
      output: entry.output
    ).values
    var node = node
    let (input, output) = (entry.input.scale, entry.output.scale)
    // If the operator only gains a bias, its weight is left unchanged, however it is stored.
    let isScaled = (input + output).contains { $0 != 1 }
    let weight =
      isScaled
      ? editor.replaceConstant(
        old, suffix: ".folded", fallbackName: "weight",
        with: try linear.scaled(editor.take(old), input: input, output: output)) : old
    node.inputs[1] = weight
    constants[entry.node] = Constants(weight: weight)

    let hadBias = original.inputs.count > 2 && original.inputs[2] != nil
    guard hadBias || bias.contains(where: { $0 != 0 }) else { return [node] }
    let tensor = try Tensor(shape: [bias.count], bias).converted(to: elementType)
    guard linear.takesBias else {
      let new = editor.addConstant(biasName(of: weight), tensor)
      constants[entry.node]!.bias = new
      return try shifted(node, by: new)
    }
    let new = editor.replaceConstant(
      hadBias ? original.inputs[2] : nil, suffix: ".folded", fallbackName: biasName(of: weight), with: tensor)
    node.inputs = [node.inputs[0], weight, new]
    constants[entry.node]!.bias = new
    return [try withPlainBias(node, linear.form)]
  }

  /// Returns a node that does not support a bias, followed by an Add.
  private mutating func shifted(_ node: Node, by bias: ValueID) throws(InfoldError) -> [Node] {
    let output = node.outputs[0]!
    var product = node
    product.outputs = [editor.addValue(graph[output].name + ".product", graph[output].type)]
    let sum = try Node(
      name: node.name.isEmpty ? "" : node.name + ".bias", opType: Add.name, opsetVersion: node.opsetVersion,
      attributes: node.opsetVersion < 7 ? ["broadcast": .int(1)] : [:], inputs: [product.outputs[0], bias],
      outputs: [output])
    return [product, sum]
  }

  private func biasName(of weight: ValueID) -> String {
    let name = graph[weight].name
    return (name.hasSuffix(".weight") ? String(name.dropLast(".weight".count)) : name) + ".bias"
  }

  /// Returns the node for a bias that is one number per channel and already includes its factor.
  private func withPlainBias(_ node: Node, _ form: LinearForm) throws(InfoldError) -> Node {
    guard case .scaled(_, let plain) = form.bias, !plain.entries.isEmpty else { return node }
    var attributes = node.attributes
    for entry in plain.entries { attributes[entry.name] = entry.value }
    return try node.replacing(attributes: attributes)
  }
}

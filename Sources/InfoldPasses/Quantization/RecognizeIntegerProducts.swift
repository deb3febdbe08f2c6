import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Recognizes ConvInteger and MatMulInteger nodes whose results are only read by a Cast to float32,
/// as in dynamically quantized networks, and computes them in floating point. The operands minus
/// their zero points are integers of up to 9 bits, and their sum is rounded to float32 in any case.
/// Intermediate sums are rounded as well, as in every floating-point product.
///
/// Nodes that are no longer needed are left for `RemoveDeadCode`.
package struct RecognizeIntegerProducts: GraphPass {
  package static let name = "recognize integer products"

  /// Creates the pass.
  package init() {}

  /// The operators with their floating-point equivalents, and the axis of the second operand along
  /// which it may have several zero points.
  private static let products = [
    ConvInteger.name: (opType: Conv.name, axis: 0), MatMulInteger.name: (opType: MatMul.name, axis: -1),
  ]

  /// The maximum number of products whose sum always fits int32. Longer sums may wrap around.
  private static let mostTerms = Int(Int32.max) / (255 * 255)

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    guard graph.nodes.contains(where: { Self.products[$0.opType] != nil && $0.domain.isEmpty }) else {
      return PassResult(graph: graph)
    }
    let index = graph.index
    var editor = GraphEditor(graph)
    var nodes: [Node] = []
    var changes: [PassResult.Entry] = []
    for node in graph.nodes {
      guard node.opType == Cast.name, node.domain.isEmpty, let sum = node.inputs[0], let y = node.outputs[0],
        graph[y].type?.elementType == .float32, index.onlyConsumer(of: sum) != nil,
        let product = index.producer(of: sum).map({ graph[$0] }), product.domain.isEmpty,
        let form = Self.products[product.opType],
        let replacement = try Self.nodes(for: product, form.opType, axis: form.axis, result: y, graph, &editor)
      else {
        nodes.append(node)
        continue
      }
      nodes += replacement
      changes.append(PassResult.Entry(node: graph.label(of: product), "computed in floating point"))
    }
    guard !changes.isEmpty else { return PassResult(graph: graph) }
    editor.replaceNodes(nodes)
    return PassResult(graph: editor.graph, changes: changes)
  }

  /// Returns the nodes that compute a product in floating point, or `nil` if they cannot express
  /// the zero points.
  private static func nodes(
    for product: Node, _ opType: String, axis: Int, result: ValueID, _ graph: Graph, _ editor: inout GraphEditor
  ) throws(InfoldError) -> [Node]? {
    guard let weights = graph[product.inputs[1]!].type?.shape?.sizes, weights.count >= 2 else { return nil }
    let terms = axis == 0 ? weights[1...].reduce(1, *) : weights[weights.count - 2]
    guard terms <= mostTerms else { return nil }
    var nodes: [Node] = []
    var operands: [ValueID] = []
    for operand in 0...1 {
      guard let x = product.inputs[operand], let type = graph[x].type else { return nil }
      let zeroPoint = product.inputs.count > operand + 2 ? product.inputs[operand + 2] : nil
      var scales: [Int] = []
      if let zeroPoint {
        guard let sizes = graph[zeroPoint].type?.shape?.sizes, sizes.count <= 1 else { return nil }
        if sizes.count == 1, sizes[0] != 1 {
          guard operand == 1, axis == 0 || type.shape?.rank == 2 else { return nil }
          scales = sizes
        }
      }
      let base = product.name.isEmpty ? graph[x].name : product.name
      let floats = editor.addValue(base + ".numbers", TensorType(.float32, type.shape))
      let scale = editor.addConstant(base + ".unit", try Tensor(repeating: Float(1), shape: scales))
      nodes.append(
        try Node(
          name: base + ".numbers", opType: DequantizeLinear.name, opsetVersion: max(13, product.opsetVersion),
          attributes: ["axis": .int(Int64(axis))], inputs: [x, scale] + (zeroPoint.map { [$0] } ?? []),
          outputs: [floats]))
      operands.append(floats)
    }
    nodes.append(
      try Node(
        name: product.name, opType: opType, opsetVersion: product.opsetVersion, attributes: product.attributes,
        inputs: operands, outputs: [result]))
    return nodes
  }
}

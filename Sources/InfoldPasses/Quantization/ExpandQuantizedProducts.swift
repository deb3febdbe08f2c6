import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Computes QLinearConv and QLinearMatMul with floats where no kernel takes their quantized numbers: weights whose zero is not in the middle
/// of what the type holds, or which a run computes, volumes, and matrices in a row. The operands less their zero points are whole numbers of up to
/// 9 bits, whose sum, where it needs more than 24 bits, is rounded like that of every product of floats.
///
/// Scales and zero points must be constants. The others stay as they are.
package struct ExpandQuantizedProducts: GraphPass {
  package static let name = "expand quantized products"

  /// The pass.
  package init() {}

  /// An operator of floats, and the axes of its weights and of its result along which output channels lie.
  private typealias Form = (opType: String, weightAxis: Int, resultAxis: Int)

  private static let forms: [String: Form] = [
    QLinearConv.name: (Conv.name, 0, 1), QLinearMatMul.name: (MatMul.name, -1, -1),
  ]

  /// The products that int32 has the sum of in any case: elsewhere it may wrap around.
  private static let mostTerms = Int(Int32.max) / (255 * 255)

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    guard graph.nodes.contains(where: { Self.forms[$0.opType] != nil && $0.domain.isEmpty }) else {
      return PassResult(graph: graph)
    }
    var editor = GraphEditor(graph)
    var nodes: [Node] = []
    var changes: [PassResult.Entry] = []
    for node in graph.nodes {
      guard node.domain.isEmpty, let form = Self.forms[node.opType],
        let product = try QuantizedProduct(node, graph, weightAxis: form.weightAxis), product.terms <= Self.mostTerms,
        !product.suitsKernels
      else {
        nodes.append(node)
        continue
      }
      nodes += try product.expanded(to: form.opType, resultAxis: form.resultAxis, &editor)
      changes.append(PassResult.Entry(node: graph.label(of: node), "computed with floats"))
    }
    guard !changes.isEmpty else { return PassResult(graph: graph) }
    editor.replaceNodes(nodes)
    return PassResult(graph: editor.graph, changes: changes)
  }
}

/// A node with the inputs of QLinearConv, whose scales and zero points are constants.
private struct QuantizedProduct {
  private let node: Node
  private let graph: Graph
  private let weightAxis: Int
  private let input: ValueID
  private let weights: ValueID
  private let result: ValueID
  private let zeroPoints: (input: Tensor, weights: Tensor, result: Tensor)
  /// What a step of the result is, in units of the input's scale times the weights': one, or one for each output channel.
  private let steps: [Float]
  /// The products in one sum.
  let terms: Int

  /// `nil` where something is no constant, or not known, that must be.
  init?(_ node: Node, _ graph: Graph, weightAxis: Int) throws(InfoldError) {
    let constants = node.inputs.map { $0.flatMap(graph.constant) }
    guard node.inputs.count >= 8, let input = node.inputs[0], let weights = node.inputs[3],
      let result = node.outputs[0],
      let sizes = graph[weights].type?.shape?.sizes, sizes.count > (weightAxis == 0 ? 1 : 0),
      let inputScale = constants[1], let inputZero = constants[2], let weightScales = constants[4],
      let weightZeros = constants[5], let resultScale = constants[6], let resultZero = constants[7],
      [inputScale, inputZero, resultScale, resultZero].allSatisfy({ $0.count == 1 }),
      [inputScale, weightScales, resultScale].allSatisfy({ $0.elementType == .float32 })
    else { return nil }
    let channels = sizes.count == 1 ? 1 : weightAxis == 0 ? sizes[0] : sizes[sizes.count - 1]
    for list in [weightScales, weightZeros] where list.count != 1 {
      guard list.shape == [channels], weightAxis == 0 || sizes.count == 2 else { return nil }
    }
    self.node = node
    self.graph = graph
    self.weightAxis = weightAxis
    (self.input, self.weights, self.result) = (input, weights, result)
    zeroPoints = (inputZero, weightZeros, resultZero)
    terms = weightAxis == 0 ? sizes[1...].reduce(1, *) : sizes[max(0, sizes.count - 2)]
    let outer = try Double(resultScale.elements(as: Float.self)[0]) / Double(inputScale.elements(as: Float.self)[0])
    steps = try weightScales.elements(as: Float.self).map { Float(outer / Double($0)) }
    guard steps.allSatisfy(usualScales.contains) else { return nil }
  }

  /// Whether kernels of quantized numbers compute it: images and constant weights around zero.
  var suitsKernels: Bool {
    guard weightAxis == 0, let tensor = graph.constant(weights), (3...4).contains(tensor.shape.count),
      let scales = node.inputs[4].flatMap(graph.constant)
    else { return false }
    return QuantizedWeights(tensor: tensor, scales: scales, zeroPoints: zeroPoints.weights).isSymmetric
  }

  /// The nodes that compute it by an operator of floats.
  func expanded(to opType: String, resultAxis: Int, _ editor: inout GraphEditor) throws(InfoldError) -> [Node] {
    let label = graph.label(of: node)
    var nodes: [Node] = []
    var operands: [ValueID?] = []
    let parts = [
      (input, node.inputs[2], zeroPoints.input, 0), (weights, node.inputs[5], zeroPoints.weights, weightAxis),
    ]
    for (operand, zeroPointID, zeroPoint, axis) in parts {
      let unit = try Tensor(repeating: Float(1), shape: zeroPoint.count == 1 ? [] : zeroPoint.shape)
      let numbers = editor.addValue("\(label) numbers", TensorType(.float32, graph[operand].type?.shape))
      nodes.append(
        try Node(
          name: node.name, opType: DequantizeLinear.name, opsetVersion: 13, attributes: ["axis": .int(Int64(axis))],
          inputs: [operand, editor.addConstant("\(label) unit", unit), zeroPointID], outputs: [numbers]))
      operands.append(numbers)
    }
    if node.inputs.count > 8, let bias = node.inputs[8] {
      let floats = editor.addValue("\(label) bias", TensorType(.float32, graph[bias].type?.shape))
      nodes.append(
        try Node(
          name: node.name, opType: Cast.name, opsetVersion: 13,
          attributes: ["to": .int(Int64(ElementType.float32.rawValue))], inputs: [bias], outputs: [floats]))
      operands.append(floats)
    }
    let sums = editor.addValue("\(label) sums", TensorType(.float32, graph[result].type?.shape))
    nodes.append(
      try Node(
        name: node.name, opType: opType, opsetVersion: max(13, node.opsetVersion), attributes: node.attributes,
        inputs: operands, outputs: [sums]))
    let shape = steps.count == 1 ? [] : [steps.count]
    let number = try zeroPoints.result.cast(to: .int64).elements(as: Int64.self)[0]
    let point = try Tensor(repeating: number, shape: shape).cast(to: zeroPoints.result.elementType)
    nodes.append(
      try Node(
        name: node.name, opType: QuantizeLinear.name, opsetVersion: 13,
        attributes: ["axis": .int(Int64(resultAxis))],
        inputs: [
          sums, editor.addConstant("\(label) steps", try Tensor(shape: shape, steps)),
          editor.addConstant("\(label) zero point", point),
        ], outputs: [result]))
    return nodes
  }
}

import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Expands QuantizeLinear and DequantizeLinear of 16 bits, for which there are no kernels, into
/// arithmetic. The integers are the same, because float32 can represent the difference of any two
/// of them. Floats may differ by the rounding of a scale and a shift. Values that are quantized and
/// then dequantized stay floats in between.
///
/// Nodes with constant inputs are kept, because they are evaluated ahead of time. So are nodes with
/// a scale for each block.
package struct ExpandWideQuantization: GraphPass {
  package static let name = "expand quantization to 16 bits"

  /// Creates the pass.
  package init() {}

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    guard graph.nodes.contains(where: { [.quantizes, .dequantizes].contains($0.quantizationRole) }) else {
      return PassResult(graph: graph)
    }
    var editor = GraphEditor(graph)
    var nodes: [Node] = []
    var changes: [PassResult.Entry] = []
    // Floats with integral values, keyed by the integers that are converted from them.
    var whole: [ValueID: ValueID] = [:]
    for node in graph.nodes {
      guard let quantization = try WideQuantization(node, graph) else {
        nodes.append(node)
        continue
      }
      nodes += try quantization.expanded(&editor, &whole)
      changes.append(PassResult.Entry(node: graph.label(of: node), "computed in floating point"))
    }
    guard !changes.isEmpty else { return PassResult(graph: graph) }
    editor.replaceNodes(nodes)
    return PassResult(graph: editor.graph, changes: changes)
  }
}

/// A node that quantizes to or dequantizes from 16-bit integers.
private struct WideQuantization {
  private let node: Node
  private let graph: Graph
  private let isQuantizing: Bool
  private let x: ValueID
  private let y: ValueID
  /// The type of the integers.
  private let type: ElementType
  private let shape: Shape?
  /// The parameters in shapes that broadcast to the data. The zero point is `nil` if it is zero.
  private let scale: Tensor
  private let zeroPoint: Tensor?

  /// Returns `nil` for other nodes.
  init?(_ node: Node, _ graph: Graph) throws(InfoldError) {
    let role = node.quantizationRole
    guard role == .quantizes || role == .dequantizes, node.domain.isEmpty, let x = node.inputs[0],
      let y = node.outputs[0],
      let type = graph[role == .quantizes ? y : x].type?.elementType, type == .int16 || type == .uint16,
      graph[role == .quantizes ? x : y].type?.elementType == .float32, graph.constant(x) == nil,
      let scale = node.inputs[1].flatMap(graph.constant), scale.elementType == .float32, scale.count > 0,
      node.attributes["precision"] == nil
    else { return nil }
    isQuantizing = role == .quantizes
    self.node = node
    self.graph = graph
    (self.x, self.y, self.type) = (x, y, type)
    shape = graph[x].type?.shape
    var zeroPoint = try Tensor(zeros: [], of: .float32)
    if node.inputs.count > 2, let id = node.inputs[2] {
      guard let given = graph.constant(id) else { return nil }
      zeroPoint = try given.cast(to: .float32)
    }
    var form: [Int] = []
    if scale.count > 1 {
      let axis = (node.typed as? QuantizeLinear)?.listAxis ?? (node.typed as? DequantizeLinear)?.listAxis
      guard let axis, let rank = shape?.rank, let place = try? normalizedAxis(axis, rank: rank), scale.shape.count == 1
      else { return nil }
      form = [scale.count] + Array(repeating: 1, count: rank - place - 1)
    }
    guard zeroPoint.count == 1 || zeroPoint.count == scale.count else { return nil }
    self.scale = try scale.reshaped(to: form)
    let point = try zeroPoint.reshaped(to: zeroPoint.count == 1 ? [] : form)
    self.zeroPoint = try point.elements(as: Float.self).allSatisfy { $0 == 0 } ? nil : point
  }

  /// Returns the nodes that replace the quantization.
  /// - Parameters:
  ///   - editor: The editor of the graph.
  ///   - whole: Floats with integral values in range, or NaN, keyed by the integers that are
  ///     converted from them.
  func expanded(
    _ editor: inout GraphEditor, _ whole: inout [ValueID: ValueID]
  ) throws(InfoldError) -> [Node] {
    var chain = WideQuantizationChain(node: node, label: graph.label(of: node), shape: shape, editor: editor, last: x)
    if isQuantizing {
      try chain.add(Div.name, scale)
      try chain.add(Round.name)
      if let zeroPoint { try chain.add(Add.name, zeroPoint) }
      let bounds: (Float, Float) = type == .int16 ? (-32768, 32767) : (0, 65535)
      try chain.add(Clip.name, try Tensor(scalar: bounds.0), try Tensor(scalar: bounds.1))
      whole[y] = chain.last
      try chain.add(Cast.name, attributes: ["to": .int(Int64(type.rawValue))], to: y)
    } else if let floats = whole[x] {
      chain.last = floats
      // As an integer, NaN is 0. Adding 0 turns −0 into 0.
      try chain.add(ThresholdedRelu.name, attributes: ["alpha": .float(-0x1p17)])
      var summand = try Tensor(scalar: 0 as Float)
      if let zeroPoint { summand = try zeroPoint.mapped { (point: Float) in 0 - point } }
      try chain.add(Add.name, summand)
      try chain.add(Mul.name, scale, to: y)
    } else {
      try chain.add(Cast.name, attributes: ["to": .int(Int64(ElementType.float32.rawValue))])
      if let zeroPoint { try chain.add(Sub.name, zeroPoint) }
      try chain.add(Mul.name, scale, to: y)
    }
    editor = chain.editor
    return chain.nodes
  }
}

/// A chain of nodes, each of which reads the previous one.
private struct WideQuantizationChain {
  let node: Node
  let label: String
  let shape: Shape?
  var editor: GraphEditor
  var last: ValueID
  var nodes: [Node] = []

  /// Adds a node whose other operands are constants.
  /// - Parameters:
  ///   - opType: The operator.
  ///   - constants: The other operands.
  ///   - attributes: The attributes.
  ///   - result: The output, or `nil` for a new value.
  mutating func add(
    _ opType: String, _ constants: Tensor..., attributes: AttributeList = [:], to result: ValueID? = nil
  ) throws(InfoldError) {
    let output = result ?? editor.addValue("\(label) \(opType)", TensorType(.float32, shape))
    var inputs: [ValueID?] = [last]
    for tensor in constants { inputs.append(editor.addConstant("\(label) \(opType) operand", tensor)) }
    nodes.append(
      try Node(
        name: node.name, opType: opType, opsetVersion: 13, attributes: attributes, inputs: inputs, outputs: [output]))
    last = output
  }
}

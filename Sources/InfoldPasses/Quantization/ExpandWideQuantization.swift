import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Writes QuantizeLinear and DequantizeLinear of 16 bits, for which there are no kernels, as the arithmetic that they are, whose
/// integers are the same: the difference of two of them has a place in float32. Floats may differ by the rounding of a scale and a shift.
/// What is quantized and read as floats again becomes no integers in between.
///
/// Those of constants stay, which are computed ahead, and so do those with a scale for each block.
package struct ExpandWideQuantization: GraphPass {
  package static let name = "expand quantization to 16 bits"

  /// The pass.
  package init() {}

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    guard graph.nodes.contains(where: { [.quantizes, .dequantizes].contains($0.quantizationRole) }) else {
      return PassResult(graph: graph)
    }
    var editor = GraphEditor(graph)
    var nodes: [Node] = []
    var changes: [PassResult.Entry] = []
    // By the integers that are made of them, the floats that are whole numbers.
    var whole: [ValueID: ValueID] = [:]
    for node in graph.nodes {
      guard let quantization = try WideQuantization(node, graph) else {
        nodes.append(node)
        continue
      }
      nodes += try quantization.expanded(&editor, &whole)
      changes.append(PassResult.Entry(node: graph.label(of: node), "computed with floats"))
    }
    guard !changes.isEmpty else { return PassResult(graph: graph) }
    editor.replaceNodes(nodes)
    return PassResult(graph: editor.graph, changes: changes)
  }
}

/// A node that makes floats of integers of 16 bits, or these of floats.
private struct WideQuantization {
  private let node: Node
  private let graph: Graph
  private let isQuantizing: Bool
  private let x: ValueID
  private let y: ValueID
  /// Of the integers.
  private let type: ElementType
  private let shape: Shape?
  /// In shapes that go along with the data; no zero point where it is zero.
  private let scale: Tensor
  private let zeroPoint: Tensor?

  /// `nil` for another node.
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

  /// - Parameter whole: By integers, the floats that they are made of, which are whole numbers, or NaN, in their range.
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
      // As an integer, NaN is 0, and −0 is so when 0 is added.
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

/// Nodes of which each reads the one before it.
private struct WideQuantizationChain {
  let node: Node
  let label: String
  let shape: Shape?
  var editor: GraphEditor
  var last: ValueID
  var nodes: [Node] = []

  /// Adds a node whose other operands are constants.
  /// - Parameter result: What it makes; `nil` for a new value.
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

import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension Model {
  /// Returns the optimized model, as far as ONNX can express the optimizations of a session.
  /// Functions and decided branches are inlined, everything that is the same in each run is
  /// evaluated, batch normalization is folded into weights, and unneeded nodes are removed.
  ///
  /// If the result is written with `write(to:)` and read again, it takes less time to prepare and
  /// gives bit-identical results in a session with the default options. In networks with branches,
  /// loops or ONNX's Attention, in which a session finds more constants, results may differ by
  /// rounding.
  ///
  /// The following is left to each session: forms that only Infold's kernels have, and quantized,
  /// float16 and bfloat16 networks. In the latter, only shapes are evaluated ahead of time, so that
  /// their quantized operators are still recognized and nothing is rounded to a narrow type.
  /// - Returns: The model, with the same names of inputs and outputs, metadata and documentation.
  ///   An IR version below 4 is raised to 4.
  /// - Throws: `InfoldError`: `.invalidModel` if types contradict each other, `.unsupported` if a
  ///   function is written for other opsets than the model imports, `.limitExceeded` if memory
  ///   cannot be allocated.
  public consuming func optimized() throws(InfoldError) -> Model {
    var model = self
    model.raiseToIRVersion4()
    model = try model.inlined()
    let isLeft = model.graph.nodes.contains { $0.quantizationRole != nil } || model.graph.computesInNarrowTypes
    try model.simplify(isLeft ? .shapes : .all)
    guard !isLeft else { return model }
    return try model.foldedAroundActivations() ?? model
  }

  /// Folds batch normalization like a session. In activations that are written as several nodes,
  /// arithmetic with constants must not be folded into weights.
  /// - Returns: `nil` if the model's opset lacks an operator that a session recognizes.
  private func foldedAroundActivations() throws(InfoldError) -> Model? {
    let version = opsetVersion() ?? 0
    let recognizing: [any GraphPass] = [RecognizeActivations(), RecognizeLayerNormalization(), RemoveDeadCode()]
    let recognized = try recognizing.run(on: graph)
    guard
      version >= 17 || !recognized.nodes.contains(where: { $0.opType == LayerNormalization.name && $0.domain.isEmpty })
    else {
      return nil
    }
    let own = Set(graph.nodes.filter { ActivationWriting.names.contains($0.opType) }.flatMap(\.definitions))
    var model = self
    model.graph = recognized
    model = try FoldBatchNormalization().fold(model).model
    var writing = ActivationWriting(model.graph, opset: version, unchanged: own)
    model.graph = try writing.written()
    try model.graph.inferTypes()
    return model
  }
}

/// A rewriter that expresses the activations found by `RecognizeActivations` as nodes of any opset,
/// in a form that the pass recognizes again.
private struct ActivationWriting {
  static let names: Set<String> = [HardSwish.name, Swish.name, Gelu.name, Mish.name]

  private let graph: Graph
  private var editor: GraphEditor
  private let opset: Int
  /// The outputs of activations that the model itself names.
  private let unchanged: Set<ValueID>
  private var nodes: [Node] = []

  init(_ graph: Graph, opset: Int, unchanged: Set<ValueID>) {
    self.graph = graph
    editor = GraphEditor(graph)
    self.opset = opset
    self.unchanged = unchanged
  }

  mutating func written() throws(InfoldError) -> Graph {
    for node in graph.nodes {
      guard Self.names.contains(node.opType), node.domain.isEmpty, let x = node.inputs[0], let y = node.outputs[0],
        !unchanged.contains(y)
      else {
        nodes.append(try rewritten(node))
        continue
      }
      try write(graph.elementFunction(of: node), of: x, to: y, node.name)
    }
    var written = editor.graph
    written.replaceNodes(nodes)
    return written
  }

  private mutating func write(
    _ activation: ElementFunction?, of x: ValueID, to y: ValueID, _ name: String
  ) throws(InfoldError) {
    switch activation {
    case .hardSwish:
      let gate = try add(HardSigmoid.name, [x], of: x, ["alpha": .float(1.0 / 6), "beta": .float(0.5)])
      try add(Mul.name, [x, gate], to: y, name)
    case .swish(let alpha):
      let scaled = try alpha == 1 ? x : add(Mul.name, [x, number(Double(alpha), of: x)], of: x)
      try add(Mul.name, [x, add(Sigmoid.name, [scaled], of: x)], to: y, name)
    case .mish: try add(Mul.name, [x, add(Tanh.name, [add(Softplus.name, [x], of: x)], of: x)], to: y, name)
    case .geluByTanh:
      let cube = try add(Mul.name, [add(Mul.name, [x, x], of: x), x], of: x)
      let bent = try add(Add.name, [x, add(Mul.name, [cube, number(0.044715, of: x)], of: x)], of: x)
      let slope = try number((2 / Double.pi).squareRoot(), of: x)
      try writeHalf(add(Tanh.name, [add(Mul.name, [bent, slope], of: x)], of: x), of: x, to: y, name)
    default:
      let erf = try add(Erf.name, [add(Div.name, [x, number(2.0.squareRoot(), of: x)], of: x)], of: x)
      try writeHalf(erf, of: x, to: y, name)
    }
  }

  /// Writes ½ · x · (1 + gate).
  private mutating func writeHalf(
    _ gate: ValueID, of x: ValueID, to y: ValueID, _ name: String
  ) throws(InfoldError) {
    let sum = try add(Add.name, [gate, number(1, of: x)], of: x)
    try add(Mul.name, [add(Mul.name, [x, sum], of: x), number(0.5, of: x)], to: y, name)
  }

  /// Returns a node that a pass has added, in the model's opset.
  private func rewritten(_ node: Node) throws(InfoldError) -> Node {
    guard node.opType == LayerNormalization.name, node.domain.isEmpty, node.opsetVersion != opset else { return node }
    return try Node(
      name: node.name, opType: node.opType, opsetVersion: opset, attributes: node.attributes, inputs: node.inputs,
      outputs: node.outputs)
  }

  private mutating func add(
    _ opType: String, _ inputs: [ValueID], of x: ValueID, _ attributes: AttributeList = [:]
  ) throws(InfoldError) -> ValueID {
    let value = editor.addValue(opType.lowercased(), editor.graph[x].type)
    try add(opType, inputs, to: value, "", attributes)
    return value
  }

  private mutating func add(
    _ opType: String, _ inputs: [ValueID], to output: ValueID, _ name: String, _ attributes: AttributeList = [:]
  ) throws(InfoldError) {
    nodes.append(
      try Node(
        name: name, opType: opType, opsetVersion: opset, attributes: attributes, inputs: inputs, outputs: [output]))
  }

  /// Returns a scalar constant of the type of `x`.
  private mutating func number(_ number: Double, of x: ValueID) throws(InfoldError) -> ValueID {
    let tensor = try Tensor(scalar: Float(number)).converted(to: editor.graph[x].type!.elementType)
    return editor.addConstant("number", tensor)
  }
}

import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Recognizes operators between DequantizeLinear and QuantizeLinear, which compute quantized values
/// in floating point, and replaces them by quantized operators. Conv becomes QLinearConv. Gemm,
/// MatMul, Add, element-wise functions of one or more nodes, and operators that move elements are
/// replaced similarly. An activation between an operator and QuantizeLinear that only clips becomes
/// bounds of the result.
///
/// Nodes that are no longer needed are left for `RemoveDeadCode`. Operators without a quantized
/// form remain in floating point.
package struct RecognizeQuantizedOperators: GraphPass {
  package static let name = "recognize quantized operators"

  /// Creates the pass.
  package init() {}

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    guard graph.nodes.contains(where: { [.dequantizes, .computes].contains($0.quantizationRole) }) else {
      return PassResult(graph: graph)
    }
    var rewriter = QuantizedRewriter(QuantizedGraph(graph))
    for id in graph.nodeIDs { try rewriter.rewrite(graph[id]) }
    return rewriter.result()
  }
}

/// A rewriter that adds quantized operators to a graph.
private struct QuantizedRewriter {
  private let source: QuantizedGraph
  private var editor: GraphEditor
  /// The replacements of QuantizeLinear nodes.
  private var replacements: [NodeID: [Node]] = [:]
  private var changes: [PassResult.Entry] = []

  private var graph: Graph { source.graph }

  init(_ source: QuantizedGraph) {
    self.source = source
    editor = GraphEditor(source.graph)
  }

  func result() -> PassResult {
    var editor = editor
    editor.replaceNodes(graph.nodeIDs.flatMap { replacements[$0] ?? [graph[$0]] })
    return PassResult(graph: editor.graph, changes: changes)
  }

  mutating func rewrite(_ node: Node) throws(InfoldError) {
    if node.typed?.quantizedForm == .movement { return try rewriteMovement(node, of: 0..<1) }
    guard node.outputs.dropFirst().allSatisfy({ $0 == nil }) else { return }
    if node.quantizationRole == .quantizes {
      try rewriteScaling(node)
      return try rewriteFormula(node)
    }
    switch node.typed?.quantizedForm {
    case .convolution: try rewriteConvolution(node)
    case .product(let axis):
      guard let form = node.typed?.linearForm, form.alpha == 1, form.beta == 1 else { return }
      try rewriteProduct(node, isTransposed: axis == 0)
    case .quantizedProduct: try rewriteQuantizedProduct(node)
    case .addition: try rewriteAddition(node)
    case .concatenation: try rewriteMovement(node, of: node.inputs.indices)
    case .function: try rewriteFunction(node)
    // Averages are computed in floating point. Operators that move elements have already been
    // handled.
    case .average, .movement, nil: break
    }
  }

  private mutating func rewriteConvolution(_ node: Node) throws(InfoldError) {
    guard let x = source.source(node.inputs[0]), let (sink, y, bounds) = source.boundedSink(node.outputs[0]),
      let weights = try source.weights(node.inputs[1], axis: 0), (3...4).contains(weights.tensor.shape.count),
      weights.isSymmetric
    else { return }
    let bias = node.inputs.count > 2 ? node.inputs[2] : nil
    try replace(
      sink, by: QLinearConv.name, "", 10, attributes: node.attributes, x, weights, bias, y, bounds, of: node)
  }

  private mutating func rewriteProduct(_ node: Node, isTransposed: Bool) throws(InfoldError) {
    guard let x = source.source(node.inputs[0]), let (sink, y, bounds) = source.boundedSink(node.outputs[0]),
      let rank = node.inputs[0].flatMap({ graph[$0].type?.shape?.rank }), rank >= 2,
      var weights = try source.weights(node.inputs[1], axis: isTransposed ? 0 : 1), weights.tensor.shape.count == 2,
      weights.isSymmetric
    else { return }
    if !isTransposed { weights.tensor = try weights.tensor.transposedBytes() }
    let bias = node.inputs.count > 2 ? node.inputs[2] : nil
    try replace(
      sink, by: QLinearGemm.name, OperatorRegistry.internalDomain, 1, attributes: [:], x, weights, bias, y, bounds,
      of: node)
  }

  /// Rewrites the product of rows with a constant matrix. QLinearGemm takes the matrix transposed.
  private mutating func rewriteQuantizedProduct(_ node: Node) throws(InfoldError) {
    guard let rank = node.inputs[0].flatMap({ graph[$0].type?.shape?.rank }), rank >= 2,
      let right = node.inputs[3].flatMap(graph.constant), right.shape.count == 2,
      let scales = node.inputs[4].flatMap(graph.constant), scales.elementType == .float32,
      let zeroPoints = node.inputs[5].flatMap(graph.constant),
      [scales, zeroPoints].allSatisfy({ $0.shape.count <= 1 && ($0.count == 1 || $0.count == right.shape[1]) }),
      QuantizedWeights(tensor: right, scales: scales, zeroPoints: zeroPoints).isSymmetric,
      let id = node.outputs[0].flatMap(source.index.producer)
    else { return }
    let label = graph.label(of: node)
    var inputs = node.inputs
    inputs[3] = editor.addConstant("\(label) weights", try right.transposedBytes())
    replacements[id] = [
      try Node(internal: QLinearGemm.name, name: node.name, inputs: inputs, outputs: node.outputs)
    ]
    note(label)
  }

  /// Replaces a QuantizeLinear by an operator with the inputs of QLinearConv.
  private mutating func replace(
    _ sink: NodeID, by opType: String, _ domain: String, _ version: Int, attributes: AttributeList, _ x: QuantizedValue,
    _ weights: QuantizedWeights, _ bias: ValueID?, _ y: QuantizedValue, _ bounds: ClosedRange<Int>, of node: Node
  ) throws(InfoldError) {
    var integers: Tensor?
    if let bias {
      integers = try source.bias(bias, input: x, weights, count: weights.tensor.shape[0])
      guard integers != nil else { return }
    }
    let label = graph.label(of: node)
    var inputs: [ValueID?] = [x.bytes, x.scale, try zeroPoint(x, label)]
    inputs.append(editor.addConstant("\(label) weights", weights.tensor))
    inputs.append(editor.addConstant("\(label) weight scales", weights.scales))
    inputs.append(editor.addConstant("\(label) weight zero points", weights.zeroPoints))
    inputs += [y.scale, try zeroPoint(y, label)]
    if let integers { inputs.append(editor.addConstant("\(label) bias", integers)) }
    try replace(sink, by: opType, domain, version, attributes: attributes, inputs, y, bounds, of: node)
  }

  private mutating func rewriteAddition(_ node: Node) throws(InfoldError) {
    guard node.inputs.count == 2, let a = source.source(node.inputs[0]), let b = source.source(node.inputs[1]),
      let (sink, y, bounds) = source.boundedSink(node.outputs[0]),
      // Broadcasting is faster in floating point.
      let shape = graph[a.bytes].type?.shape, let other = graph[b.bytes].type?.shape, shape.merged(with: other) != nil
    else { return }
    let label = graph.label(of: node)
    let inputs: [ValueID?] = [
      a.bytes, a.scale, try zeroPoint(a, label), b.bytes, b.scale, try zeroPoint(b, label), y.scale,
      try zeroPoint(y, label),
    ]
    try replace(
      sink, by: QLinearAdd.name, OperatorRegistry.internalDomain, 1, attributes: [:], inputs, y, bounds, of: node)
  }

  /// Rewrites an operator that moves elements of some inputs, or selects the largest.
  private mutating func rewriteMovement(_ node: Node, of moved: Range<Int>) throws(InfoldError) {
    guard let opset = Self.opset(forBytesIn: node) else { return }
    var sources: [QuantizedValue] = []
    for index in moved {
      guard let x = source.source(node.inputs[index]) else { return }
      sources.append(x)
    }
    var sinks: [(id: NodeID, value: QuantizedValue)?] = []
    for output in node.outputs {
      let sink = source.sink(output)
      guard output == nil || sink != nil else { return }
      sinks.append(sink)
    }
    // All results are available before the first one is read.
    guard let first = sinks.compactMap({ $0?.id }).min() else { return }
    let label = graph.label(of: node)
    var nodes: [Node] = []
    var inputs = node.inputs
    for (index, x) in zip(moved, sources) {
      inputs[index] = x.bytes
      guard moved.count > 1, let y = sinks[0]?.value, !x.isScaled(as: y) else { continue }
      let scaled = editor.addValue(
        "\(label) input \(index)", graph[x.bytes].type.map { TensorType(y.elementType, $0.shape) })
      nodes.append(try table(from: x, to: y, x.bytes, scaled, label) { tensor throws(InfoldError) in tensor })
      inputs[index] = scaled
    }
    var outputs: [ValueID?] = []
    var tables: [NodeID: [Node]] = [:]
    for (output, sink) in zip(node.outputs, sinks) {
      guard let output, let (id, y) = sink else {
        outputs.append(nil)
        continue
      }
      // A single input is converted after the operator, where there may be fewer elements.
      guard moved.count == 1, !sources[0].isScaled(as: y) else {
        outputs.append(y.bytes)
        tables[id] = []
        continue
      }
      let result = editor.addValue(
        "\(label) result", graph[output].type.map { TensorType(sources[0].elementType, $0.shape) })
      outputs.append(result)
      tables[id] = [
        try table(from: sources[0], to: y, result, y.bytes, label) { tensor throws(InfoldError) in tensor }
      ]
    }
    nodes.append(
      try Node(
        name: node.name, opType: node.opType, domain: node.domain, opsetVersion: opset, attributes: node.attributes,
        inputs: inputs, outputs: outputs))
    for (id, table) in tables { replacements[id] = id == first ? nodes + table : table }
    note(label)
  }

  /// Returns the node's opset, or the first later one in which its operator supports 8-bit types.
  /// Returns `nil` if there is none in which the node has the same meaning.
  private static func opset(forBytesIn node: Node) -> Int? {
    guard let type = node.typed.map({ type(of: $0) }) else { return nil }
    let own = type.versions.last { $0 <= node.opsetVersion } ?? node.opsetVersion
    return type.versions.lazy.filter { $0 >= own }.map { (version: $0, types: type.elementTypes(since: $0)) }
      .first { $0.types.contains(.uint8) && $0.types.contains(.int8) }
      .map { max($0.version, node.opsetVersion) }
      .flatMap { type.keepsMeaning(from: node.opsetVersion, to: $0) ? $0 : nil }
  }

  /// Rewrites an element-wise function of one value, whose other operands are constants.
  private mutating func rewriteFunction(_ node: Node) throws(InfoldError) {
    guard let x = source.source(node.inputs[0]), let (sink, y) = source.sink(node.outputs[0]) else { return }
    let rank = graph[x.bytes].type?.shape?.rank ?? 0
    var operands: [Tensor?] = []
    for input in node.inputs.dropFirst() {
      let tensor = input.flatMap(graph.constant)
      guard input == nil || tensor.map({ $0.count == 1 && $0.shape.count <= rank }) == true else { return }
      operands.append(tensor)
    }
    let label = graph.label(of: node)
    replacements[sink] = [
      try table(from: x, to: y, x.bytes, y.bytes, label) { [operands] tensor throws(InfoldError) in
        try node.evaluate([tensor] + operands)[0]!
      }
    ]
    note(label)
  }

  /// Rewrites a QuantizeLinear directly after a DequantizeLinear.
  private mutating func rewriteScaling(_ node: Node) throws(InfoldError) {
    guard let x = source.source(node.inputs[0]), let y = node.outputs[0],
      let quantized = QuantizedValue(node, bytes: y, graph)
    else { return }
    let label = graph.label(of: node)
    let id = source.index.producer(of: y)!
    replacements[id] = [
      try table(from: x, to: quantized, x.bytes, y, label) { tensor throws(InfoldError) in tensor }
    ]
    note(label)
  }

  /// Rewrites an element-wise function before a QuantizeLinear that is written as several nodes,
  /// such as SiLU or Gelu.
  private mutating func rewriteFormula(_ node: Node) throws(InfoldError) {
    guard let result = node.outputs[0], let id = source.index.producer(of: result), replacements[id] == nil,
      let y = QuantizedValue(node, bytes: result, graph), let formula = try QuantizedFormula(before: id, source)
    else { return }
    let label = graph.label(of: node)
    replacements[id] = [
      try table(from: formula.x, to: y, formula.x.bytes, result, label) { tensor throws(InfoldError) in
        try formula.evaluate(tensor)
      }
    ]
    for node in formula.nodes { note(graph.label(of: graph[node])) }
  }

  /// Returns a node that looks up each number in a table of the results of `compute`.
  private mutating func table(
    from x: QuantizedValue, to y: QuantizedValue, _ input: ValueID, _ output: ValueID, _ label: String,
    _ compute: (Tensor) throws(InfoldError) -> Tensor
  ) throws(InfoldError) -> Node {
    // All numbers in the order of their bit patterns. For int8, negative numbers come last.
    let numbers = (0..<256).map { x.elementType == .int8 ? Int(Int8(truncatingIfNeeded: $0)) : $0 }
    let floats = numbers.map { Float($0 - x.zeroPointValue) * x.scaleValue }
    // The tensor has the rank of the input, because not every operator accepts operands of a higher
    // rank.
    let rank = graph[x.bytes].type?.shape?.rank ?? 1
    let shape = Array(repeating: 1, count: max(rank - 1, 0)) + [256]
    let results: [Float] = try compute(try Tensor(shape: shape, floats)).elements()
    let tensor = try Tensor(shape: [256], results.map { Int64(y.quantized($0)) }).cast(to: y.elementType)
    return try Node(
      internal: ByteTable.name, name: label, inputs: [input, editor.addConstant("\(label) table", tensor)],
      outputs: [output])
  }

  /// Replaces a QuantizeLinear by an operator, followed by a clip if the bounds are not those of
  /// the type.
  private mutating func replace(
    _ sink: NodeID, by opType: String, _ domain: String, _ version: Int, attributes: AttributeList,
    _ inputs: [ValueID?],
    _ y: QuantizedValue, _ bounds: ClosedRange<Int>, of node: Node
  ) throws(InfoldError) {
    let label = graph.label(of: node)
    let isBounded = bounds != y.range
    let output = isBounded ? editor.addValue("\(label) result", graph[y.bytes].type) : y.bytes
    var nodes = [
      try Node(
        name: node.name, opType: opType, domain: domain, opsetVersion: version, attributes: attributes, inputs: inputs,
        outputs: [output], registry: domain.isEmpty ? .standard : .internalOperators)
    ]
    if isBounded {
      let limits = try [bounds.lowerBound, bounds.upperBound].map { number throws(InfoldError) in
        try Tensor(scalar: Int64(number)).cast(to: y.elementType)
      }
      nodes.append(
        try Node(
          name: node.name, opType: Clip.name, opsetVersion: 13,
          inputs: [
            output, editor.addConstant("\(label) lower bound", limits[0]),
            editor.addConstant("\(label) upper bound", limits[1]),
          ], outputs: [y.bytes]))
    }
    replacements[sink] = nodes
    note(label)
  }

  private mutating func zeroPoint(_ value: QuantizedValue, _ label: String) throws(InfoldError) -> ValueID {
    if let present = value.zeroPoint { return present }
    return editor.addConstant("\(label) zero point", try Tensor(zeros: [], of: value.elementType))
  }

  private mutating func note(_ label: String) {
    changes.append(PassResult.Entry(node: label, "computed with quantized numbers"))
  }
}

extension QuantizedWeights {
  /// Whether the zero points are in the middle of the type's range.
  var isSymmetric: Bool {
    guard let numbers: [Int64] = try? zeroPoints.cast(to: .int64).elements() else { return false }
    return numbers.allSatisfy { $0 == (tensor.elementType == .uint8 ? 128 : 0) }
  }
}

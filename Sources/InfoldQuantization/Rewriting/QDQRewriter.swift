import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// Adds QuantizeLinear and DequantizeLinear around the nodes of a plan, in the form that ONNX
/// Runtime's tools write.
struct QDQRewriter {
  private let model: Model
  private let plan: QuantizationPlan
  private let opset: Int
  private var editor: GraphEditor
  /// The values that only exist in 8 bits in the quantized network.
  private let madeQuantized: Set<ValueID>
  private var ranges: [ValueID: ClosedRange<Double>] = [:]
  private var scales: [ValueID: (scale: ActivationScale, step: ValueID, zeroPoint: ValueID)] = [:]
  /// The dequantized float values, by the values that they replace.
  private var restored: [ValueID: ValueID] = [:]
  private var weights: [QuantizedNetwork.QuantizedWeights] = []
  private var written: [WeightKey: ValueID] = [:]
  private let corrections: Corrections

  /// Corrections for the rounding of weights.
  struct Corrections {
    /// The channel means of values whose consumers' biases are corrected.
    var means: [ValueID: [Double]] = [:]
    /// The rounding searches of a node's groups.
    var searches: [NodeID: [RoundingSearch?]] = [:]
  }

  /// Identifies quantized weights. Nodes with equal keys share one copy.
  private struct WeightKey: Hashable {
    let tensor: ValueID
    let factor: Float
    let axis: Int
    let scales: [Float]
    /// The node whose inputs the rounding depends on; `nil` for rounding to nearest.
    let node: NodeID?
  }

  /// - Parameters:
  ///   - ranges: The range to cover for each value of the plan.
  ///   - corrections: Corrections for the rounding of weights.
  init(
    _ model: Model, _ plan: QuantizationPlan, _ ranges: [ClosedRange<Double>],
    _ corrections: Corrections = Corrections()
  ) {
    self.corrections = corrections
    self.model = model
    self.plan = plan
    opset = model.opsetVersion() ?? OpsetRaise.target
    editor = GraphEditor(model.graph)
    madeQuantized = Set(
      plan.operations.flatMap { id, operation in
        model.graph[operation.activation ?? id].outputs.compactMap { $0 }
      })
    for (value, range) in zip(plan.values, ranges) {
      let representative = plan.representative(value)
      let known = self.ranges[representative] ?? range
      self.ranges[representative] =
        min(known.lowerBound, range.lowerBound)...max(known.upperBound, range.upperBound)
    }
  }

  private var graph: Graph { model.graph }

  mutating func rewritten() throws(InfoldError) -> QuantizedNetwork {
    for value in plan.values { try prepare(value) }
    let isQuantized = Set(plan.values)
    let activations = Set(plan.operations.values.compactMap(\.activation))
    var nodes: [Node] = []
    for value in graph.inputs where isQuantized.contains(value) { nodes += try pair(value, from: value) }
    for id in graph.nodeIDs where !activations.contains(id) {
      let node = graph[id]
      guard let operation = plan.operations[id] else {
        nodes.append(reading(node))
        for value in node.definitions where isQuantized.contains(value) { nodes += try pair(value, from: value) }
        continue
      }
      nodes += try annotatingErrors({ $0.atNode(graph.label(of: node)) }) { () throws(InfoldError) in
        try quantized(node, id, operation)
      }
    }
    return try finished(nodes)
  }

  /// Adds the scale of a value, and the value that replaces it after dequantization.
  private mutating func prepare(_ value: ValueID) throws(InfoldError) {
    let name = graph[value].name
    let representative = plan.representative(value)
    if scales[representative] == nil {
      let scale = ActivationScale(covering: ranges[representative]!), base = graph[representative].name
      let step = editor.addConstant("\(base)_scale", try Tensor(scalar: scale.scale))
      scales[representative] = (
        scale, step, editor.addConstant("\(base)_zero_point", try Tensor(scalar: scale.zeroPoint))
      )
    }
    restored[value] = editor.addValue("\(name)_DequantizeLinear_Output", graph[value].type)
  }

  private func scale(_ value: ValueID) -> (scale: ActivationScale, step: ValueID, zeroPoint: ValueID) {
    scales[plan.representative(value)]!
  }

  /// Returns the node with the dequantized values in place of those that only exist in 8 bits.
  private func reading(_ node: Node) -> Node {
    var node = node
    node.inputs = node.inputs.map { input in
      input.flatMap { madeQuantized.contains($0) ? restored[$0] : nil } ?? input
    }
    return node
  }

  /// Returns the QuantizeLinear of `source` and the DequantizeLinear that produces the replacement
  /// of `value`.
  private mutating func pair(_ value: ValueID, from source: ValueID) throws(InfoldError) -> [Node] {
    let name = graph[value].name
    let (_, step, zeroPoint) = scale(value)
    let bytes = editor.addValue(
      "\(name)_QuantizeLinear_Output", graph[value].type.map { TensorType(.uint8, $0.shape) })
    return [
      try node(QuantizeLinear.name, "\(name)_QuantizeLinear", [source, step, zeroPoint], bytes),
      try node(DequantizeLinear.name, "\(name)_DequantizeLinear", [bytes, step, zeroPoint], restored[value]!),
    ]
  }

  private func node(
    _ opType: String, _ name: String, _ inputs: [ValueID?], _ output: ValueID, _ attributes: AttributeList = [:]
  ) throws(InfoldError) -> Node {
    try Node(
      name: name, opType: opType, opsetVersion: opset, attributes: attributes, inputs: inputs, outputs: [output])
  }
}

extension QDQRewriter {
  /// Returns a node of the plan, the nodes that dequantize its weights, and those that quantize its
  /// result.
  private mutating func quantized(
    _ node: Node, _ id: NodeID, _ operation: QuantizationPlan.Operation
  ) throws(InfoldError) -> [Node] {
    var node = node
    var nodes: [Node] = []
    switch operation.form {
    case .convolution, .product:
      nodes += try quantizeWeights(of: &node, id, operation.form)
      node.inputs[0] = restored[node.inputs[0]!]
      if case .scaled? = node.typed?.linearForm?.bias {
        var attributes = node.attributes
        attributes["alpha"] = nil
        attributes["beta"] = nil
        node = try node.replacing(attributes: attributes)
      }
    case .movement, .average, .quantizedProduct, .function: node.inputs[0] = restored[node.inputs[0]!]
    case .addition, .concatenation: node.inputs = node.inputs.map { $0.flatMap { restored[$0] } }
    }
    nodes.append(node)
    var result = node.outputs[0]!, source = result
    if let id = operation.activation, let output = graph[id].outputs[0] {
      let activation = graph[id], bounds = plan.bounds(of: activation)!
      result = output
      if !scale(result).scale.clips(atLeastTo: bounds.lower, bounds.upper) {
        nodes.append(activation)
        source = output
      }
    }
    return nodes + (try pair(result, from: source))
  }

  /// Replaces the weights and bias of a node by quantized ones.
  private mutating func quantizeWeights(
    of node: inout Node, _ place: NodeID, _ form: QuantizedForm
  ) throws(InfoldError) -> [Node] {
    let linear = node.typed?.linearForm, axis = form.weightAxis
    let id = node.inputs[1]!, input = node.inputs[0]!, tensor = graph.constant(id)!
    let channels = tensor.shape[axis], step = scale(input).scale.scale
    let biasID = node.inputs.count > 2 ? node.inputs[2] : nil
    var bias = try biasID.map { id throws(InfoldError) in try graph.constant(id)!.numbers() }
    if let given = bias, given.count != channels { bias = Array(repeating: given[0], count: channels) }
    if let beta = linear?.beta, beta != 1 { bias = bias?.map { $0 * Double(beta) } }
    let factor = linear?.alpha ?? 1
    let layout = linear.flatMap { WeightLayout(form, $0, shape: tensor.shape) }
    let searches = corrections.searches[place]
    let scaled = try WeightScales(
      tensor, times: factor, axis: axis, bias: bias, inputScale: step, layout: layout, searches: searches ?? [])
    weights.append(
      QuantizedNetwork.QuantizedWeights(
        node: graph.label(of: node), count: tensor.count, quality: scaled.quality))
    var nodes: [Node] = []
    let key = WeightKey(
      tensor: id, factor: factor, axis: axis, scales: scaled.scales, node: searches == nil ? nil : place)
    if let known = written[key] {
      node.inputs[1] = known
    } else {
      let output = try dequantized(
        graph[id].name, scaled.integers, scaled.scales, try Tensor(zeros: [channels], of: .int8), axis: axis, &nodes)
      written[key] = output
      node.inputs[1] = output
    }
    if let layout, let means = corrections.means[input], means.count == layout.inputs * layout.groups,
      linear?.takesChannelBias == true, form == .convolution || graph[input].type?.shape?.rank == 2
    {
      let changes = scaled.meanChange(layout, mean: means)
      bias = zip(bias ?? Array(repeating: 0, count: channels), changes).map { $0 - $1 }
    }
    guard let bias else { return nodes }
    let steps = scaled.scales.map { $0 * step }
    let integers = zip(bias, steps).map { number, step in
      Int32(min(max((number / Double(step)).rounded(.toNearestOrEven), -0x1p30), 0x1p30))
    }
    while node.inputs.count < 3 { node.inputs.append(nil) }
    node.inputs[2] = try dequantized(
      biasID.map { graph[$0].name } ?? "\(graph[id].name)_bias", try Tensor(shape: [channels], integers), steps,
      try Tensor(zeros: [channels], of: .int32), axis: 0, &nodes)
    return nodes
  }

  /// Adds quantized constants and the DequantizeLinear that converts them to float.
  private mutating func dequantized(
    _ name: String, _ integers: Tensor, _ scales: [Float], _ zeroPoints: Tensor, axis: Int, _ nodes: inout [Node]
  ) throws(InfoldError) -> ValueID {
    let inputs = [
      editor.addConstant("\(name)_quantized", integers),
      editor.addConstant("\(name)_quantized_scale", try Tensor(shape: [scales.count], scales)),
      editor.addConstant("\(name)_quantized_zero_point", zeroPoints),
    ]
    let output = editor.addValue(
      "\(name)_DequantizeLinear_Output", TensorType(.float32, Shape(integers.shape)))
    nodes.append(
      try node(
        DequantizeLinear.name, "\(name)_DequantizeLinear", inputs, output, ["axis": .int(Int64(axis))]))
    return output
  }

  /// Returns the network with these nodes. Quantized outputs keep their names.
  private mutating func finished(_ nodes: [Node]) throws(InfoldError) -> QuantizedNetwork {
    var outputs: [ValueID: ValueID] = [:]
    for value in Set(graph.outputs).intersection(madeQuantized).sorted() {
      outputs[value] = editor.addValue("\(graph[value].name)_QuantizeLinear_Input", nil)
    }
    var editor = editor
    editor.replaceNodes(nodes)
    var result = model
    result.graph = editor.graph
    for (value, unnamed) in outputs {
      let float = restored[value]!
      result.graph[value].name = result.graph[unnamed].name
      result.graph[unnamed].name = result.graph[float].name
      result.graph[float].name = graph[value].name
      result.graph[float].declaration = graph[value].declaration
      result.graph[float].isMisdeclared = graph[value].isMisdeclared
      result.graph[value].declaration = []
    }
    result.graph.outputs = graph.outputs.map { outputs[$0] == nil ? $0 : restored[$0]! }
    try result.graph.makeConsistent()
    try result.graph.inferTypes()
    return QuantizedNetwork(
      model: result,
      activations: plan.values.map { value in
        QuantizedNetwork.QuantizedActivation(
          name: graph[value].name, restoredName: result.graph[restored[value]!].name,
          node: graph.index.producer(of: value).map { graph.label(of: graph[$0]) },
          range: ranges[plan.representative(value)]!, scale: scale(value).scale)
      }, weights: weights, plan: plan, reference: model)
  }
}

import InfoldGraph
import InfoldPasses

/// Writes QuantizeLinear and DequantizeLinear into a graph.
struct QuantizationRewriter {
  private let graph: Graph
  private let constants: GraphConstants
  private let sites: QuantizationSites
  private let scales: [ValueID: ValueQuantization]
  private var editor: GraphEditor
  private var nodes: [Node] = []
  /// What the nodes of the old graph read instead of a value.
  private var replacements: [ValueID: ValueID] = [:]
  private var parameters: [ValueID: [ValueID]] = [:]
  /// For each quantized value, the one whose scale it has.
  private let scaledAs: [ValueID: ValueID]
  private(set) var weightErrors: [(node: String, ratio: Double)] = []

  init(_ constants: GraphConstants, _ sites: QuantizationSites, scales: [ValueID: ValueQuantization]) {
    self.constants = constants
    graph = constants.graph
    self.sites = sites
    self.scales = scales
    scaledAs = Dictionary(uniqueKeysWithValues: sites.values.map { ($0.id, $0.scaledAs) })
    editor = GraphEditor(constants)
  }

  /// The quantized graph.
  mutating func rewritten() throws(InfoldError) -> Graph {
    // An activation whose bounds are those of the quantized numbers has nothing to do; what it makes, by what it reads.
    var idle: Set<NodeID> = []
    var idleResults: [ValueID: ValueID] = [:]
    for (value, bound) in sites.bounded {
      let scale = scales[value]!
      guard scale.zeroPoint == 0, bound.lower <= 0, scale.greatest <= bound.upper * 1.000001 else { continue }
      idle.insert(bound.activation)
      idleResults[graph[bound.activation].inputs[0]!] = value
    }
    for input in graph.inputs {
      guard let scale = scaledAs[input] else { continue }
      let rounded = editor.addValue("\(graph[input].name)_dequantized", graph[input].type)
      try add(input, to: rounded, scale)
      replacements[input] = rounded
    }
    for id in graph.nodeIDs {
      var node = graph[id]
      if idle.contains(id) { continue }
      let original = node
      node.inputs = node.inputs.map { $0.map { replacements[$0] ?? $0 } }
      if let site = sites.nodes[id], case .weighted(let axis) = site.kind {
        try quantizeWeights(of: &node, original, axis: axis)
      }
      // A value keeps its name behind DequantizeLinear.
      var rounded: [(raw: ValueID, value: ValueID)] = []
      for (index, output) in node.outputs.enumerated() {
        guard let output else { continue }
        let value = idleResults[output] ?? output
        guard scaledAs[value] != nil else { continue }
        let raw = editor.addValue("\(graph[value].name)_float", graph[value].type)
        node.outputs[index] = raw
        rounded.append((raw, value))
      }
      nodes.append(node)
      for (raw, value) in rounded { try add(raw, to: value, scaledAs[value]!) }
    }
    editor.replaceNodes(nodes)
    return editor.graph
  }

  /// Adds the nodes that bring a value to 8 bits and back.
  private mutating func add(_ value: ValueID, to result: ValueID, _ scaledAs: ValueID) throws(InfoldError) {
    let name = graph[scaledAs].name
    let operands: [ValueID]
    if let known = parameters[scaledAs] {
      operands = known
    } else {
      let scale = scales[scaledAs]!
      operands = [
        editor.addConstant("\(name)_scale", try Tensor(scalar: scale.scale)),
        editor.addConstant("\(name)_zero_point", try Tensor(scalar: scale.zeroPoint)),
      ]
      parameters[scaledAs] = operands
    }
    let label = editor.graph[result].name
    let bytes = editor.addValue(
      "\(label)_quantized", editor.graph[value].type.map { TensorType(.uint8, $0.shape) })
    nodes.append(
      try Node(
        name: "\(label)_QuantizeLinear", opType: QuantizeLinear.name, opsetVersion: OpsetRaising.version,
        inputs: [value] + operands, outputs: [bytes]))
    nodes.append(
      try Node(
        name: "\(label)_DequantizeLinear", opType: DequantizeLinear.name, opsetVersion: OpsetRaising.version,
        inputs: [bytes] + operands, outputs: [result]))
  }

  private mutating func quantizeWeights(of node: inout Node, _ original: Node, axis: Int) throws(InfoldError) {
    let tensor = constants.tensor(original.inputs[1]!)!
    let channels = tensor.shape[axis]
    let inner = tensor.shape[(axis + 1)...].reduce(1, *)
    let weights: [Float] = try tensor.elements()
    let input = scales[scaledAs[original.inputs[0]!]!]!.scale
    let biasID = original.inputs.count > 2 ? original.inputs[2] : nil
    let biases: [Float]? = try biasID.flatMap { constants.tensor($0) }?.elements()
    let label = graph.label(of: original)
    guard weights.allSatisfy(\.isFinite), biases?.allSatisfy(\.isFinite) ?? true else {
      throw InfoldError(
        .invalidModel, "the weights hold numbers that are not finite", hint: "exclude the node", node: label)
    }
    var peaks = [Float](repeating: 0, count: channels)
    for (index, weight) in weights.enumerated() {
      let channel = index / inner % channels
      peaks[channel] = max(peaks[channel], weight.magnitude)
    }
    // One bias for all channels, or one each.
    func bias(_ channel: Int) -> Float { biases.map { $0[$0.count == 1 ? 0 : channel] } ?? 0 }
    let factors = (0..<channels).map { channel in
      let scale = peaks[channel] / 127
      // The bias, in units of both scales, must fit into 32 bits.
      let least = bias(channel).magnitude / input / 0x1p30
      return max(scale > 1e-30 ? scale : 0, least) > 0 ? max(scale, least, 1e-30) : 1
    }
    var (signal, noise) = (0.0, 0.0)
    let integers = weights.enumerated().map { index, weight in
      let factor = factors[index / inner % channels]
      let number = Int8(min(max((weight / factor).rounded(.toNearestOrEven), -127), 127))
      signal += Double(weight) * Double(weight)
      let error = Double(weight) - Double(number) * Double(factor)
      noise += error * error
      return number
    }
    weightErrors.append((label, signal / noise))
    let name = graph[original.inputs[1]!].name
    node.inputs[1] = try dequantized(
      name, try Tensor(shape: tensor.shape, integers), factors, zeroPoint: try Tensor(zeros: [channels], of: .int8),
      axis: axis)
    guard let biasID, biases != nil else { return }
    let units = factors.map { $0 * input }
    let sums = (0..<channels).map { Int32((Double(bias($0)) / Double(units[$0])).rounded(.toNearestOrEven)) }
    node.inputs[2] = try dequantized(
      graph[biasID].name, try Tensor(shape: [channels], sums), units,
      zeroPoint: try Tensor(zeros: [channels], of: .int32), axis: 0)
  }

  /// A constant behind DequantizeLinear.
  private mutating func dequantized(
    _ name: String, _ tensor: Tensor, _ factors: [Float], zeroPoint: Tensor, axis: Int
  ) throws(InfoldError) -> ValueID {
    let result = editor.addValue("\(name)_dequantized", TensorType(.float32, Shape(tensor.shape)))
    let inputs = [
      editor.addConstant("\(name)_quantized", tensor),
      editor.addConstant("\(name)_scale", try Tensor(shape: [factors.count], factors)),
      editor.addConstant("\(name)_zero_point", zeroPoint),
    ]
    nodes.append(
      try Node(
        name: "\(name)_DequantizeLinear", opType: DequantizeLinear.name, opsetVersion: OpsetRaising.version,
        attributes: ["axis": .int(Int64(axis))], inputs: inputs, outputs: [result]))
    return result
  }
}

import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// Replaces the statistics of batch normalizations.
///
/// New statistics with the shape of the old ones take their place. A normalization per feature map
/// needs another form for statistics per activation:
///
/// - in opsets 7 and 8, `spatial` = 0;
/// - in later opsets, which have no `spatial`, two Reshape nodes around a normalization of C·H·W
///   feature maps without positions.
struct StatisticsRewriter {
  private let original: Graph
  private var editor: GraphEditor

  /// The graph so far, with its original nodes.
  var graph: Graph { editor.graph }

  init(_ graph: Graph) {
    var graph = graph
    graph.recordConstants()
    original = graph
    editor = GraphEditor(graph)
  }

  /// Checks that a normalization can be given statistics.
  /// - Throws: `InfoldError` with `.unsupported`, naming the node and the reason.
  func check(_ id: NodeID, per granularity: BatchStatistics.Granularity) throws(InfoldError) {
    let node = original[id]
    guard let normalization = node.typed as? BatchNormalization else { return }
    func refusal(_ reason: String, hint: String? = nil) -> InfoldError {
      InfoldError(
        .unsupported, "its statistics cannot be replaced: \(reason)", hint: hint, node: original.label(of: node))
    }
    guard !normalization.isTraining else {
      throw refusal("it is in training form, and uses the statistics of each mini-batch")
    }
    let isExpanded = granularity == .activation && normalization.isSpatial
    for (name, input) in zip(["scale", "bias", "mean", "variance"], node.inputs[1...]).suffix(isExpanded ? 4 : 2) {
      guard let input, original.constant(input) == nil else { continue }
      throw refusal(original.reasonAgainst(input, called: "its \(name)"))
    }
    guard isExpanded else { return }
    let shape = node.inputs[0].flatMap { original[$0].type?.shape }
    guard shape?.dropFirst().allSatisfy({ $0.size != nil }) == true else {
      throw refusal(
        "statistics per activation need an input with fixed channels and positions, but its input is "
          + (shape.map { "\($0)" } ?? "of unknown rank"))
    }
    guard node.opsetVersion >= 7 || shape!.rank <= 2 else {
      throw refusal(
        "opset \(node.opsetVersion) has no form for statistics per activation",
        hint: "convert the model to opset 7 or later")
    }
  }

  /// Returns the nodes that replace a normalization that has passed `check`.
  /// - Parameters:
  ///   - mean: The new means, of `shape`.
  ///   - variance: The new variances, of `shape`.
  ///   - shape: [C], or [C, D1, …] per activation.
  /// - Throws: `InfoldError` with `.limitExceeded`, naming the node, if a number exceeds the range
  ///   of the parameters' type.
  mutating func replacement(
    of id: NodeID, mean: [Double], variance: [Double], shape: [Int]
  ) throws(InfoldError) -> [Node] {
    let node = original[id]
    let label = original.label(of: node)
    let old = node.inputs[1...].map { original.constant($0!) }
    var parameters = [mean, variance]
    let isExpanded = old[2]!.shape != shape
    if isExpanded {
      let repeats = shape.dropFirst().reduce(1, *)
      for index in [1, 0] {
        let values: [Double] = try old[index]!.widened().elements()
        parameters.insert(values.flatMap { Array(repeating: $0, count: repeats) }, at: 0)
      }
    }
    let isFlattened = isExpanded && node.opsetVersion >= 9
    let parameterShape = isFlattened ? [mean.count] : shape
    let first = 5 - parameters.count
    var new = node
    for (index, values) in zip(first..., parameters) {
      let name = ["scale", "bias", "mean", "variance"][index - 1]
      let tensor = try annotatingErrors({ $0.atNode(label) }) { () throws(InfoldError) in
        try Self.rounded(values, parameterShape, to: old[index - 1]!.elementType, called: name)
      }
      new.inputs[index] = editor.replaceConstant(node.inputs[index], suffix: ".own", fallbackName: name, with: tensor)
    }
    guard isExpanded else { return [new] }
    guard isFlattened else {
      var attributes = new.attributes
      attributes["spatial"] = .int(0)
      return [try new.replacing(attributes: attributes)]
    }
    return try flattened(new, shape)
  }

  private static func rounded(
    _ values: [Double], _ shape: [Int], to type: ElementType, called name: String
  ) throws(InfoldError) -> Tensor {
    let tensor = try Tensor(shape: shape, values).converted(to: type)
    let rounded = try tensor.numbers()
    if let index = rounded.indices.first(where: { !rounded[$0].isFinite && values[$0].isFinite }) {
      throw InfoldError(
        .limitExceeded, "the new \(name) \(values[index]) at index \(index) is out of the range of \(type)")
    }
    return tensor
  }

  /// Returns a Reshape to [N, C·D1·…], `node`, and a Reshape to the original shape.
  private mutating func flattened(_ node: Node, _ shape: [Int]) throws(InfoldError) -> [Node] {
    let input = node.inputs[0]!, output = node.outputs[0]!
    let batch = graph[input].type?.shape?.first ?? .unknown
    let flat = TensorType(graph[input].type!.elementType, [batch, .fixed(shape.reduce(1, *))])
    var nodes: [Node] = []
    func reshape(_ suffix: String, _ from: ValueID, _ sizes: ValueID, _ to: ValueID) throws(InfoldError) -> Node {
      try Node(
        name: node.name.isEmpty ? "" : node.name + suffix, opType: Reshape.name, opsetVersion: node.opsetVersion,
        inputs: [from, sizes], outputs: [to])
    }
    // A 0 keeps the batch size.
    let flatSizes = editor.addConstant(
      graph[output].name + ".flat_shape", try Tensor(shape: [2], [0, Int64(shape.reduce(1, *))]))
    let sizes = editor.addConstant(
      graph[output].name + ".shape", try Tensor(shape: [shape.count + 1], [0] + shape.map(Int64.init)))
    let flatInput = editor.addValue(graph[input].name + ".flat", flat)
    let flatOutput = editor.addValue(graph[output].name + ".flat", flat)
    nodes.append(try reshape(".flatten", input, flatSizes, flatInput))
    var normalization = node
    normalization.inputs[0] = flatInput
    normalization.outputs[0] = flatOutput
    nodes.append(normalization)
    nodes.append(try reshape(".unflatten", flatOutput, sizes, output))
    return nodes
  }

  /// Returns the graph with these nodes instead of the original ones.
  func finished(_ nodes: [Node]) throws(InfoldError) -> Graph {
    var editor = editor
    editor.replaceNodes(nodes)
    var graph = editor.graph
    graph.discardRecordedConstants()
    try graph.inferTypes()
    return graph
  }
}

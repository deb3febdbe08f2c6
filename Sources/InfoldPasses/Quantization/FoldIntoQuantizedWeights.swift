import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Folds batch normalizations after convolutions of quantized numbers into the scales of their
/// weights. The quantized weights keep their values, except for their signs where the
/// normalization's scale is negative. The bias becomes int32, in units of the input's scale times
/// the weights' scale, to which it is rounded, as in any quantized model.
package struct FoldIntoQuantizedWeights: GraphPass {
  package static let name = "fold into quantized weights"

  /// Creates the pass.
  package init() {}

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    guard
      graph.nodes.contains(where: { $0.quantizationRole == .dequantizes }),
      graph.nodes.contains(where: \.isNormalization)
    else { return PassResult(graph: graph) }
    let source = QuantizedGraph(graph)
    let axes = ChannelAxes(graph)
    var editor = GraphEditor(graph)
    var replacements: [NodeID: [Node]] = [:]
    var changes: [PassResult.Entry] = []
    var refusals: [PassResult.Entry] = []
    for id in graph.nodeIDs {
      let label = graph.label(of: graph[id])
      do throws(InfoldError) {
        guard let site = try Site(id, source, axes) else { continue }
        replacements[id] = try site.folded(&editor)
        changes.append(PassResult.Entry(node: label, "folded into the scales of the weights before it"))
      } catch  where error.code == .unsupported {
        refusals.append(PassResult.Entry(node: label, error.reason))
      }
    }
    editor.replaceNodes(graph.nodeIDs.flatMap { replacements[$0] ?? [graph[$0]] })
    return PassResult(graph: editor.graph, changes: changes, refusals: refusals)
  }
}

/// A batch normalization, or another channel map, after a convolution of quantized numbers.
private struct Site {
  private let map: ChannelMap
  private let convolution: Node
  private let label: String
  /// The prefix of new names.
  private let name: String
  private let input: QuantizedValue
  private let weights: QuantizedWeights
  private let bias: [Double]

  /// Returns `nil` for other nodes.
  /// - Throws: `InfoldError` with the reason why a map cannot be folded.
  init?(_ id: NodeID, _ source: QuantizedGraph, _ axes: ChannelAxes) throws(InfoldError) {
    let graph = source.graph
    guard graph[id].isNormalization, graph[id].outputs.dropFirst().allSatisfy({ $0 == nil }),
      let x = graph[id].inputs[0], let producer = source.onlyProducer(of: x, for: id),
      producer.typed?.quantizedForm == .convolution,
      let input = source.source(producer.inputs[0]), let weights = try source.weights(producer.inputs[1], axis: 0),
      weights.tensor.elementType == .int8, weights.isSymmetric, weights.tensor.shape.count >= 3,
      weights.tensor.count > 0
    else { return nil }
    do throws(ChannelMap.Refusal) {
      guard let map = try ChannelMap(graph[id], in: graph, axes) else { return nil }
      self.map = map
    } catch {
      throw error.failure ?? InfoldError(.unsupported, error.reason)
    }
    convolution = producer
    label = graph.label(of: producer)
    name = producer.name.isEmpty ? graph[x].name : producer.name
    self.input = input
    self.weights = weights
    let count = weights.tensor.shape[0]
    guard map.axis == 1, map.affine.channels == count else {
      throw InfoldError(.unsupported, "its channels differ from those of the weights before it")
    }
    guard producer.inputs.count > 2, let id = producer.inputs[2] else {
      bias = Array(repeating: 0, count: count)
      return
    }
    guard let tensor = try source.constant(id), tensor.elementType.isFloatingPoint, tensor.count == count else {
      throw InfoldError(.unsupported, "the bias of \(label) is not a constant")
    }
    bias = try tensor.widened().elements()
  }

  /// Returns the convolution with the map folded into its weights and bias, preceded by the nodes
  /// that dequantize them.
  func folded(_ editor: inout GraphEditor) throws(InfoldError) -> [Node] {
    let given: [Float] = try weights.scales.elements()
    var integers: [Int8] = try weights.tensor.elements()
    let size = integers.count / bias.count
    var scales: [Float] = [], sums: [Int32] = [], units: [Float] = []
    for channel in bias.indices {
      let factor = map.affine.scale[channel]
      let scale = Float(Double(given[given.count == 1 ? 0 : channel]) * factor.magnitude)
      let unit = scale * input.scaleValue
      guard kernelScales.contains(scale), kernelScales.contains(unit) else {
        throw InfoldError(.unsupported, "the folded scale of the weights of channel \(channel) would be \(scale)")
      }
      let sum = (map.affine.apply(bias[channel], channel: channel) / Double(unit)).rounded(.toNearestOrEven)
      guard sum.magnitude < 0x1p31 else {
        throw InfoldError(.unsupported, "the bias of channel \(channel) is too large for int32")
      }
      if factor < 0 {
        for index in (channel * size)..<((channel + 1) * size) {
          guard integers[index] != .min else {
            throw InfoldError(
              .unsupported, "the sign of channel \(channel) changes, but its weight of −128 cannot be negated")
          }
          integers[index] = -integers[index]
        }
      }
      scales.append(scale)
      units.append(unit)
      sums.append(Int32(sum))
    }
    var nodes: [Node] = []
    var node = convolution
    node.inputs = [
      convolution.inputs[0],
      try add("weights", try Tensor(shape: weights.tensor.shape, integers), scales, to: &nodes, &editor),
      try add("bias", try Tensor(shape: [sums.count], sums), units, to: &nodes, &editor),
    ]
    node.outputs = [map.output]
    return nodes + [node]
  }

  /// Adds a constant followed by DequantizeLinear, with one scale for each position of its first
  /// axis.
  private func add(
    _ name: String, _ tensor: Tensor, _ scales: [Float], to nodes: inout [Node], _ editor: inout GraphEditor
  ) throws(InfoldError) -> ValueID {
    let base = self.name + "." + name
    let result = editor.addValue(base, TensorType(.float32, Shape(tensor.shape)))
    let inputs = [
      editor.addConstant(base + ".quantized", tensor),
      editor.addConstant(base + ".scale", try Tensor(shape: [scales.count], scales)),
    ]
    nodes.append(
      try Node(
        name: base, opType: DequantizeLinear.name, opsetVersion: max(13, convolution.opsetVersion),
        attributes: ["axis": .int(0)], inputs: inputs, outputs: [result]))
    return result
  }
}

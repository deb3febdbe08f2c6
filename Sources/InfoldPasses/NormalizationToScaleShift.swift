import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Puts one scale and one shift per channel (or per activation) in the place of every batch normalization at inference of which the
/// parameters are constants, computed in double precision: where that is as good as the definition. Others become
/// `ChannelNormalization`, which is the definition: where digits would cancel, the scale is out of range, σ² + ε is not above zero,
/// or parameters are known only in a run.
package struct NormalizationToScaleShift: GraphPass {
  package static let name = "batch normalization to scale and shift"

  /// The pass.
  package init() {}

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    var editor = GraphEditor(graph)
    var changes: [PassResult.Entry] = []
    var nodes: [Node] = []
    for node in graph.nodes {
      guard let normalization = node.typed as? BatchNormalization, !normalization.isTraining,
        let x = node.inputs[0], let type = graph[x].type?.elementType
      else {
        nodes.append(node)
        continue
      }
      let known = node.inputs[1...].compactMap { $0.flatMap(graph.constant) }
      let parameters = known.count == 4 ? try Parameters(known, normalization) : nil
      let name = graph.label(of: node)
      func add(_ what: String, _ tensor: Tensor) -> ValueID { editor.addConstant("\(name) \(what)", tensor) }
      if let parameters, let (scale, shift) = try parameters.scaleAndShift(ScaleShift.parameterType(for: type)) {
        let inputs = [x, add("scale", scale), add("shift", shift)]
        nodes.append(try internalNode(ScaleShift.name, node, inputs, node.outputs))
        changes.append(PassResult.Entry(node: name, "became a scale and a shift"))
        continue
      }
      var inputs = [x, node.inputs[3]!, node.inputs[4]!, node.inputs[1]!, node.inputs[2]!]
      if let parameters {
        let type = ChannelNormalization.parameterType(for: type, known.map(\.elementType))
        for (index, (what, tensor)) in try parameters.definition(type).enumerated() {
          inputs[index + 1] = add(what, tensor)
        }
      } else {
        let types = node.inputs.compactMap { $0.flatMap { graph[$0].type?.elementType } }
        let type = ChannelNormalization.parameterType(for: type, types)
        let factor = editor.addValue(name + " factor", TensorType(type, graph[inputs[2]].type?.shape))
        nodes.append(
          try internalNode(
            InverseDeviation.name, node, [inputs[2]], [factor],
            ["epsilon": .float(normalization.epsilon), "to": .int(Int64(type.rawValue))]))
        inputs[2] = factor
      }
      nodes.append(try internalNode(ChannelNormalization.name, node, inputs, node.outputs))
      changes.append(PassResult.Entry(node: name, "is computed by its definition"))
    }
    var rewritten = editor.graph
    rewritten.replaceNodes(nodes)
    return PassResult(graph: rewritten, changes: changes)
  }

  private func internalNode(
    _ opType: String, _ node: Node, _ inputs: [ValueID], _ outputs: [ValueID?], _ attributes: AttributeList = [:]
  ) throws(InfoldError) -> Node {
    try Node(
      name: node.name, opType: opType, domain: OperatorRegistry.internalDomain, opsetVersion: 1, attributes: attributes,
      inputs: inputs, outputs: outputs, registry: .internalOperators)
  }
}

/// The parameters of a batch normalization in double precision.
private struct Parameters {
  private let shape: [Int]
  private let gamma, beta, mean, variance: [Double]
  private let epsilon: Double

  /// - Parameter tensors: γ, β, μ and σ².
  /// - Returns: `nil` when their sizes do not agree, which is somebody else's error to tell.
  init?(_ tensors: [Tensor], _ normalization: BatchNormalization) throws(InfoldError) {
    var elements: [[Double]] = []
    for tensor in tensors { elements.append(try tensor.widened().elements(as: Double.self)) }
    guard elements.allSatisfy({ $0.count == elements[0].count }) else { return nil }
    shape = tensors[0].shape
    (gamma, beta, mean, variance) = (elements[0], elements[1], elements[2], elements[3])
    epsilon = Double(normalization.epsilon)
  }

  /// - Returns: `nil` where these are not as good as the definition.
  func scaleAndShift(_ type: ElementType) throws(InfoldError) -> (scale: Tensor, shift: Tensor)? {
    let map = ChannelAffine(
      normalizationWithScale: gamma, bias: beta, mean: mean, variance: variance, epsilon: epsilon)
    guard variance.allSatisfy({ $0 + epsilon > 0 }), map.isAccurate(asScaleAndShiftIn: type) else { return nil }
    return (try tensor(map.scale, type), try tensor(map.shift, type))
  }

  /// The inputs of `ChannelNormalization` behind the first, and what they are called.
  func definition(_ type: ElementType) throws(InfoldError) -> [(name: String, tensor: Tensor)] {
    [
      ("mean", try tensor(mean, type)),
      ("factor", try tensor(InverseDeviation.factors(variance, epsilon: epsilon), type)),
      ("scale", try tensor(gamma, type)), ("bias", try tensor(beta, type)),
    ]
  }

  private func tensor(_ numbers: [Double], _ type: ElementType) throws(InfoldError) -> Tensor {
    try Tensor(shape: shape, numbers).converted(to: type)
  }
}

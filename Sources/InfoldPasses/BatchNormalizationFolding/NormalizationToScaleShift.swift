import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Replaces batch normalizations at inference that have constant parameters by one scale and one
/// shift per channel or per activation, computed in double precision, where that is as accurate as
/// the definition.
///
/// The others become `ChannelNormalization`, which evaluates the definition: those in which digits
/// would cancel, the scale is out of range, σ² + ε is not positive, or parameters are known only at
/// run time.
package struct NormalizationToScaleShift: GraphPass {
  package static let name = "batch normalization to scale and shift"

  /// Creates the pass.
  package init() {}

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    guard graph.nodes.contains(where: { $0.typed is BatchNormalization }) else { return PassResult(graph: graph) }
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
      let parameters = try ChannelMap.Refusal.unlessRefused { () throws(ChannelMap.Refusal) in
        try NormalizationParameters(node, epsilon: normalization.epsilon, in: graph)
      }
      let name = graph.label(of: node)
      func add(_ what: String, _ tensor: Tensor) -> ValueID { editor.addConstant("\(name) \(what)", tensor) }
      if let parameters, let (scale, shift) = try parameters.scaleAndShift(ScaleShift.parameterType(for: type)) {
        let inputs = [x, add("scale", scale), add("shift", shift)]
        nodes.append(try Node(internal: ScaleShift.name, name: node.name, inputs: inputs, outputs: node.outputs))
        changes.append(PassResult.Entry(node: name, "became a scale and a shift"))
        continue
      }
      var inputs = [x, node.inputs[3]!, node.inputs[4]!, node.inputs[1]!, node.inputs[2]!]
      if let parameters {
        let known = node.inputs[1...].compactMap { $0.flatMap(graph.constant)?.elementType }
        let type = ChannelNormalization.parameterType(for: type, known)
        for (index, (what, tensor)) in try parameters.definition(type).enumerated() {
          inputs[index + 1] = add(what, tensor)
        }
      } else {
        let types = node.inputs.compactMap { $0.flatMap { graph[$0].type?.elementType } }
        let type = ChannelNormalization.parameterType(for: type, types)
        let factor = editor.addValue(name + " factor", TensorType(type, graph[inputs[2]].type?.shape))
        nodes.append(
          try Node(
            internal: InverseDeviation.name, name: node.name,
            attributes: ["epsilon": .float(normalization.epsilon), "to": .int(Int64(type.rawValue))],
            inputs: [inputs[2]], outputs: [factor]))
        inputs[2] = factor
      }
      nodes.append(
        try Node(internal: ChannelNormalization.name, name: node.name, inputs: inputs, outputs: node.outputs))
      changes.append(PassResult.Entry(node: name, "evaluated by its definition"))
    }
    var rewritten = editor.graph
    rewritten.replaceNodes(nodes)
    return PassResult(graph: rewritten, changes: changes)
  }
}

extension NormalizationParameters {
  /// Returns the scale and shift.
  /// - Returns: `nil` if they are less accurate than the definition.
  fileprivate func scaleAndShift(_ type: ElementType) throws(InfoldError) -> (scale: Tensor, shift: Tensor)? {
    let map = ChannelAffine(self)
    guard firstWithoutDeviation == nil, map.isAccurate(asScaleAndShiftIn: type) else { return nil }
    return (try tensor(map.scale, type), try tensor(map.shift, type))
  }

  /// Returns the inputs of `ChannelNormalization` after the first, with their names.
  fileprivate func definition(_ type: ElementType) throws(InfoldError) -> [(name: String, tensor: Tensor)] {
    [
      ("mean", try tensor(mean, type)), ("factor", try tensor(deviation.map { 1 / $0 }, type)),
      ("scale", try tensor(scale, type)), ("bias", try tensor(bias, type)),
    ]
  }

  private func tensor(_ numbers: [Double], _ type: ElementType) throws(InfoldError) -> Tensor {
    try Tensor(shape: shape, numbers).converted(to: type)
  }
}

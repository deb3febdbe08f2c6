import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// A test of a layer's weights, based on the other network's values of the layer's inputs and
/// outputs.
struct LayerComparison {
  let comparison: StepwiseComparison
  let layer: PendingLayer
  /// The value that has a match in the other network: the layer's output, or a later one that
  /// depends on it.
  let value: ValueID
  let other: ValueID

  /// Returns the constant that differs, or `nil` if noise explains the differences.
  /// - Parameters:
  ///   - expected: What the first network computes from the second network's input.
  ///   - found: The second network's value.
  func difference(_ expected: Tensor, _ found: Tensor) throws(InfoldError) -> ConstantDifference? {
    let first = comparison.first, node = first.graph[layer.node]
    guard let weight = first.tensor(layer.weight), weight.elementType == .float64,
      let linear = LinearLayer(node, weight: weight.shape), let input = layer.operands[0]
    else { return nil }
    var evidence = LayerEvidence(linear)
    guard try add(input, layer.output, expected, found, to: &evidence) else { return nil }
    for values in comparison.further where !evidence.isEnough {
      try Interruption.check()
      try addFurther(values, to: &evidence)
    }
    let unit = max(comparison.rounding.constants / RoundingModel.count, comparison.rounding.results)
    let test = LayerTest(evidence, weight: weight, unit: unit, testsOffsets: !layer.hasFollowingConstants)
    guard let difference = test.difference() else { return nil }
    return describe(difference, node, linear, weight)
  }

  private func add(
    _ input: Tensor, _ output: Tensor, _ expected: Tensor, _ found: Tensor, to evidence: inout LayerEvidence
  ) throws(InfoldError) -> Bool {
    let difference = try Tensor.broadcasting(found, expected) { (a: Double, b: Double) in
      (a - b).isFinite ? a - b : 0
    }
    let floor = RoundingModel.floor * expected.largestMagnitude
    guard evidence.count > 0 || difference.largestMagnitude > floor,
      let residual = try layer.residual(difference), residual.shape == output.shape
    else { return false }
    return try evidence.add(input, output, residual: residual)
  }

  /// Adds recorded values of another sample, if the layer's input and output are among them.
  private func addFurther(_ values: [String: Tensor], to evidence: inout LayerEvidence) throws(InfoldError) {
    let (first, second) = (comparison.first, comparison.second)
    guard let partner = comparison.partners[layer.input], let input = try values[second.graph[partner].name]?.widened(),
      let found = try values[second.graph[other].name]?.widened(), let own = layer.operands[0],
      input.count == own.count, found.count == layer.output.count, input.elementType == .float64,
      found.elementType == .float64, layer.steps.isEmpty, comparison.layouts[partner] == nil,
      comparison.layouts[other] == nil
    else { return }
    var operands = layer.operands
    operands[0] = try input.reshaped(to: own.shape)
    let inputs = first.graph[layer.node].operands
    guard zip(inputs, operands).dropFirst().allSatisfy({ id, _ in id.map { first.isConstant($0) } ?? true }),
      let expected = try first.graph[layer.node].evaluate(operands, precision: .double)[0],
      expected.count == found.count
    else { return }
    _ = try add(operands[0]!, expected, expected, found.reshaped(to: expected.shape), to: &evidence)
  }

  private func describe(
    _ difference: LayerDifference, _ node: Node, _ linear: LinearLayer, _ weight: Tensor
  ) -> ConstantDifference {
    let graph = comparison.first.graph
    var described = ConstantDifference(
      part: .channel, name: graph[layer.weight].name, node: graph.reference(to: node), channel: difference.channel,
      significance: difference.significance)
    switch difference.part {
    case .weight(let term):
      let index = linear.weightIndex(channel: difference.channel, term: term)
      described.part = .number
      described.place = weight.shape.position(of: index)
      described.expected = weight.withElements(as: Double.self) { $0[index] }
      described.change = difference.change
    case .offset:
      described.part = .offset
      if let bias = node.inputs.count > 2 ? node.inputs[2] : nil { described.name = graph[bias].name }
      described.change = difference.change
    case .scale:
      described.part = .scale
      described.change = difference.change
    case .channel: break
    }
    return described
  }
}

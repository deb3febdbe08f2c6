import InfoldGraph
import InfoldSystem
import InfoldTensor

/// A linear layer whose output has no match in the other network, whereas a later value has one.
/// The nodes between them work on each element independently, as a normalization and an activation
/// do.
struct PendingLayer {
  /// A node that follows the layer.
  struct Step {
    let node: Node
    let operands: [Tensor?]
    /// The index of the operand that comes from the layer.
    let place: Int
  }

  let node: NodeID
  let input: ValueID
  let weight: ValueID
  /// The operands of the layer. The first one is exact.
  let operands: [Tensor?]
  /// The output of the layer for these operands.
  let output: Tensor
  private(set) var steps: [Step] = []

  /// Creates a layer without following nodes.
  init(_ node: NodeID, input: ValueID, weight: ValueID, operands: [Tensor?], output: Tensor) {
    (self.node, self.input, self.weight) = (node, input, weight)
    (self.operands, self.output) = (operands, output)
  }

  /// Returns the layer followed by one more node, or `nil` if the node is not element-wise.
  func followed(by node: Node, operands: [Tensor?], place: Int, output: Tensor) -> PendingLayer? {
    guard let typed = node.typed, node.outputs.count == 1, output.shape == operands[place]?.shape else { return nil }
    var isElementwise = typed.elementCombination != nil || typed.elementFunction(OperatorInputs(operands)) != nil
    if case .normalization(_, nil)? = typed.affineForm { isElementwise = place == 0 }
    guard isElementwise, operands.count <= 8, steps.count < 8 else { return nil }
    var layer = self
    layer.steps.append(Step(node: node, operands: operands, place: place))
    return layer
  }

  /// Whether the following nodes have constants, such as those of a normalization.
  var hasFollowingConstants: Bool {
    steps.contains { step in step.operands.indices.contains { $0 != step.place && step.operands[$0] != nil } }
  }

  /// Returns the result of the following nodes for an output of the layer.
  func result(of output: Tensor) throws(InfoldError) -> Tensor? {
    var value = output
    for step in steps {
      var operands = step.operands
      operands[step.place] = value
      guard let result = try step.node.evaluate(operands, precision: .double)[0] else { return nil }
      value = result
    }
    return value
  }

  /// Returns the difference of the layer's output, given the difference of the last result: the
  /// latter divided by the slope of the following nodes. It is zero where the slope is zero or not
  /// unique.
  func residual(_ difference: Tensor) throws(InfoldError) -> Tensor? {
    guard !steps.isEmpty else { return difference }
    let step = max(output.largestMagnitude, .leastNormalMagnitude) * 1e-6
    guard let middle = try result(of: output),
      let above = try result(of: output.mapped { (y: Double) in y + step }),
      let below = try result(of: output.mapped { (y: Double) in y - step }), middle.shape == difference.shape
    else { return nil }
    let rise = try Tensor.broadcasting(above, middle) { (a: Double, b: Double) in (a - b) / step }
    let fall = try Tensor.broadcasting(middle, below) { (a: Double, b: Double) in (a - b) / step }
    let slope = try Tensor.broadcasting(rise, fall) { (a: Double, b: Double) in
      (a - b).magnitude <= 1e-3 * (a.magnitude + b.magnitude) ? (a + b) / 2 : 0
    }
    let least = slope.largestMagnitude * 1e-3
    return try Tensor.broadcasting(difference, slope) { (d: Double, s: Double) in s.magnitude > least ? d / s : 0 }
  }
}

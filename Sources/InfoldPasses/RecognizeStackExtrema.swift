import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Recognizes the maximum or minimum over a stack of values, `torch.stack([a, b]).max(0)`, and
/// compares the values element by element instead, so that the stack is not materialized. Nodes
/// that are no longer needed are left for `RemoveDeadCode`.
package struct RecognizeStackExtrema: RecognitionPass {
  package static let name = "recognize stack extrema"

  /// Creates the pass.
  package init() {}

  private static let stack = Capture<ValueID>("stack")

  package static let recognitions = [extremum]

  private static let extremum = Recognition(
    .node([.once(.named(stack, .node([]) { node, _, _ in node.typed is Concat }))]) { node, _, _ in
      node.typed is ReduceMax || node.typed is ReduceMin
    }
  ) { (node, match, context, _) throws(InfoldError) in
    guard let concat = match[stack].flatMap(context.producer), let axis = stackAxis(concat, context),
      let axes = (node.typed as? any ReductionOperator)?.axes, let isReduced = context.reducedAxes(node, axes),
      isReduced.indices.filter({ isReduced[$0] }) == [axis],
      let sizes = context.sizes(node.outputs[0])
    else { return nil }
    let values = concat.inputs.compactMap { $0.flatMap { value($0, of: sizes, context) } }
    guard values.count == concat.inputs.count, values.count > 1, context.type(values[0])?.elementType != .bool else {
      return nil
    }
    let (name, version) = node.typed is ReduceMax ? (Max.name, Max.versions.last!) : (Min.name, Min.versions.last!)
    return Recognition.Replacement(
      try Node(name: node.name, opType: name, opsetVersion: version, inputs: values, outputs: node.outputs))
  }

  /// Returns the axis along which every input has one element.
  private static func stackAxis(_ node: Node, _ context: MatchContext) -> Int? {
    guard let concat = node.typed as? Concat, let first = context.sizes(node.inputs[0]),
      let axis = try? normalizedAxis(concat.axis, rank: first.count),
      node.inputs.allSatisfy({ context.sizes($0).map { $0[axis] == 1 } ?? false })
    else { return nil }
    return axis
  }

  /// Returns the value that was stacked, before a dimension of size 1 was added to it, if it has
  /// these sizes.
  private static func value(_ id: ValueID, of sizes: [Int], _ context: MatchContext) -> ValueID? {
    if context.sizes(id) == sizes { return id }
    guard let node = context.producer(id), node.typed is Unsqueeze || node.typed is Reshape,
      context.sizes(node.inputs[0]) == sizes
    else { return nil }
    return node.inputs[0]
  }
}

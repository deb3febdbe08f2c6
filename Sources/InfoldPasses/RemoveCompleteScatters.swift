import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Recognizes ScatterND nodes whose indices cover all elements in row-major order, as exporters
/// write `x[:] = y`. They are replaced by their updates, so that the indices, which are many times
/// as large, are not needed.
package struct RemoveCompleteScatters: RecognitionPass {
  package static let name = "remove complete scatters"

  /// Creates the pass.
  package init() {}

  private static let data = Capture<ValueID>("data"), indices = Capture<ValueID>("indices")
  private static let updates = Capture<ValueID>("updates")

  package static let recognitions = [scatter]

  private static let scatter = Recognition(
    .node([.value(data), .value(indices), .value(updates)]) { node, _, _ in
      (node.typed as? ScatterND)?.reduction == ScatterND.Reduction.none
    }
  ) { (node, match, context, _) throws(InfoldError) in
    guard let sizes = context.sizes(match[data]), context.sizes(match[updates]) == sizes,
      context.type(match[updates])?.elementType == context.type(match[data])?.elementType,
      let indices = match[indices], namesAll(indices, of: sizes, context)
    else { return nil }
    return Recognition.Replacement(
      try Node(
        name: node.name, opType: Identity.name, opsetVersion: Identity.versions.last!, inputs: [match[updates]],
        outputs: node.outputs), "its updates")
  }

  /// Returns whether the indices enumerate all positions of the first axes in order.
  private static func namesAll(_ indices: ValueID, of sizes: [Int], _ context: MatchContext) -> Bool {
    guard let given = context.sizes(indices), let depth = given.last, depth > 0, depth <= sizes.count,
      given.dropLast().elementsEqual(sizes[..<depth])
    else { return false }
    if let tensor = context.graph.constant(indices) { return isGrid(tensor, of: sizes[..<depth]) }
    guard let node = context.producer(indices), let concat = node.typed as? Concat,
      (try? normalizedAxis(concat.axis, rank: given.count)) == depth,
      node.inputs.count == depth
    else { return false }
    return node.inputs.enumerated().allSatisfy { axis, input in
      guard let input, context.sizes(input) == given.dropLast() + [1] else { return false }
      return countsUp(input, axis: axis, trailingDimensions: depth - axis, size: sizes[axis], context)
    }
  }

  /// Returns whether a list of indices enumerates all elements of a tensor in row-major order.
  private static func isGrid(_ tensor: Tensor, of sizes: ArraySlice<Int>) -> Bool {
    guard tensor.elementType == .int64, let indices = try? tensor.elements() as [Int64] else { return false }
    var place = indices.count - 1
    for element in (0..<indices.count / sizes.count).reversed() {
      var rest = element
      for size in sizes.reversed() {
        guard indices[place] == rest % size else { return false }
        rest /= size
        place -= 1
      }
    }
    return true
  }

  /// Returns whether a value is 0, 1, … along an axis, and constant along the others.
  /// - Parameter trailingDimensions: The number of the value's dimensions after the axis.
  private static func countsUp(
    _ id: ValueID, axis: Int, trailingDimensions: Int, size: Int, _ context: MatchContext
  ) -> Bool {
    if let tensor = context.graph.constant(id) {
      return tensor.count == size && isCounted(tensor)
        && (size == 1
          || tensor.shape.count > trailingDimensions
            && tensor.shape[tensor.shape.count - 1 - trailingDimensions] == size)
    }
    guard let node = context.producer(id), let before = context.sizes(node.inputs[0]), let after = context.sizes(id)
    else { return false }
    switch node.typed {
    case is Expand:
      return countsUp(node.inputs[0]!, axis: axis, trailingDimensions: trailingDimensions, size: size, context)
    case is Unsqueeze where after == before + [1] && trailingDimensions > 0:
      return countsUp(node.inputs[0]!, axis: axis, trailingDimensions: trailingDimensions - 1, size: size, context)
    default: return false
    }
  }

  private static func isCounted(_ tensor: Tensor) -> Bool {
    switch tensor.elementType {
    case .int64: (try? tensor.elements() as [Int64])?.elementsEqual((0..<tensor.count).map(Int64.init)) ?? false
    case .int32: (try? tensor.elements() as [Int32])?.elementsEqual((0..<tensor.count).map(Int32.init)) ?? false
    default: false
    }
  }
}

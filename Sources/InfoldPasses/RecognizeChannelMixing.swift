import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Recognizes products with a constant matrix along the channels, in which channels are moved to
/// the last axis and back: Transpose, MatMul, an optional addition of one number per channel, and
/// Transpose. They are replaced by a convolution with a window of one position. Some networks mix
/// attention heads in this way. Nodes that are no longer needed are left for `RemoveDeadCode`.
package struct RecognizeChannelMixing: RecognitionPass {
  package static let name = "recognize channel mixing"

  /// Creates the pass.
  package init() {}

  private static let input = Capture<ValueID>("x"), weight = Capture<ValueID>("weight")
  private static let bias = Capture<ValueID>("bias")
  private static let last = Capture<[Int]>("channels last"), second = Capture<[Int]>("channels second")

  package static let recognitions = [mixing]

  private static let product = Pattern.matrixProduct(
    .once(.transpose(.value(input), last)),
    .constant(weight) { id, context, _ in context.graph.constant(id)?.shape.count == 2 })

  private static let shifted = Pattern.pair(
    .sum, .once(product), .constant(bias) { id, context, _ in context.graph.constant(id)?.shape.count == 1 })

  private static let mixing = Recognition(
    .transpose(.once(.either([shifted, product])), second)
  ) { (node, match, context, editor) throws(InfoldError) in
    guard let x = match[input], let type = context.type(x), type.elementType == .float32, let rank = type.shape?.rank,
      (3...4).contains(rank), match[last] == [0] + Array(2..<rank) + [1],
      match[second] == [0, rank - 1] + Array(1..<rank - 1), let matrix = match[weight].flatMap(context.graph.constant),
      matrix.elementType == .float32, matrix.count > 0, let numbers = try? matrix.elements() as [Float]
    else { return nil }
    let (channels, outputs) = (matrix.shape[0], matrix.shape[1])
    var inputs = [x]
    let label = context.graph.label(of: node)
    let transposed = (0..<outputs).flatMap { output in (0..<channels).map { numbers[$0 * outputs + output] } }
    let shape = [outputs, channels] + Array(repeating: 1, count: rank - 2)
    inputs.append(editor.addConstant("\(label) weight", try Tensor(shape: shape, transposed)))
    if let id = match[bias] {
      guard let tensor = context.graph.constant(id), tensor.elementType == .float32, tensor.count == outputs else {
        return nil
      }
      inputs.append(id)
    }
    return Recognition.Replacement(
      try Node(
        name: node.name, opType: Conv.name, opsetVersion: Conv.versions.last!, inputs: inputs, outputs: node.outputs))
  }
}

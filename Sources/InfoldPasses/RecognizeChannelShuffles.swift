import InfoldGraph
import InfoldOperators
import InfoldSystem

/// Recognizes channel shuffles, which exporters write as Reshape, Transpose and Reshape, and
/// replaces them by one operator. The nodes before the last are left for `RemoveDeadCode`.
package struct RecognizeChannelShuffles: RecognitionPass {
  package static let name = "recognize channel shuffles"

  /// Creates the pass.
  package init() {}

  private static let input = Capture<ValueID>("x"), groups = Capture<ValueID>("groups")
  private static let permutation = Capture<[Int]>("permutation")

  package static let recognitions = [shuffle]

  private static let shuffle = Recognition(
    .reshape(.transpose(.named(groups, .reshape(.value(input))), permutation))
  ) { (node, match, context, _) throws(InfoldError) in
    guard let before = context.sizes(match[input]), before == context.sizes(node.outputs[0]), before.count > 2,
      let split = context.sizes(match[groups]), split.count == before.count + 1, split[0] == before[0],
      split[3...].elementsEqual(before[2...]), split[1] * split[2] == before[1],
      match[permutation] == [0, 2, 1] + Array(3..<split.count)
    else { return nil }
    return Recognition.Replacement(
      try Node(
        internal: ChannelShuffle.name, name: node.name, attributes: ["groups": .int(Int64(split[1]))],
        inputs: [match[input]], outputs: node.outputs), "a shuffle of \(split[1]) groups")
  }
}

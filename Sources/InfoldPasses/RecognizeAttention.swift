import InfoldGraph
import InfoldOperators
import InfoldSystem

/// Recognizes attention, softmax(q · k · scale + mask) · v, which exporters write as several nodes,
/// and replaces it by one operator that includes the transpositions of its operands and its result.
/// Nodes that are no longer needed are left for `RemoveDeadCode`.
///
/// Sizes must be known. The number of q matrices must equal that of k and v matrices, or be a
/// multiple of it. Intermediate values must have no other consumers.
package struct RecognizeAttention: RecognitionPass {
  package static let name = "recognize attention"

  /// Creates the pass.
  package init() {}

  private static let query = Capture<ValueID>("query"), queryAxes = Capture<[Int]>("query_axes")
  private static let key = Capture<ValueID>("key"), keyAxes = Capture<[Int]>("key_axes")
  private static let value = Capture<ValueID>("value"), valueAxes = Capture<[Int]>("value_axes")
  private static let mask = Capture<ValueID>("mask"), scale = Capture<Double>("scale")
  private static let resultAxes = Capture<[Int]>("result_axes")

  private static let products = Pattern.once(
    .matrixProduct(
      operand(query, queryAxes, where: keepsTheLast), operand(key, keyAxes) { _ in true }))
  private static let scores = Pattern.either([.once(.scaled(products, by: scale)), products])
  private static let masked = Pattern.either([.once(.pair(.sum, scores, .value(mask))), scores])
  private static let result = Pattern.matrixProduct(
    .once(.softmax(masked)), operand(value, valueAxes) { _ in true })

  package static let recognitions = [recognition]

  private static let recognition = Recognition(
    .either([.transpose(.once(result), resultAxes, where: keepsTheLast), result])
  ) { (node, match, context, _) throws(InfoldError) in
    let factor = match[scale] ?? 1
    guard let q = sizes(query, queryAxes, match, context), let k = sizes(key, keyAxes, match, context),
      let v = sizes(value, valueAxes, match, context), q.count > 1, q.count == k.count, q.count == v.count,
      [k, v].allSatisfy({ zip(q, $0).dropLast(2).allSatisfy { $0 == $1 || $1 == 1 } }), Float(factor).isFinite,
      let type = context.type(match[query])?.elementType, type.isFloatingPoint,
      fits(match[mask], q.dropLast() + [k.last!], context)
    else { return nil }
    var attributes: AttributeList = ["scale": .float(Float(factor))]
    for capture in [queryAxes, keyAxes, valueAxes, resultAxes] {
      if let axes = match[capture] { attributes[capture.name] = .ints(axes.map(Int64.init)) }
    }
    return Recognition.Replacement(
      try Node(
        internal: DotProductAttention.name, name: node.name, attributes: attributes,
        inputs: [match[query], match[key], match[value]] + (match[mask].map { [$0] } ?? []), outputs: node.outputs),
      "attention")
  }

  /// Matches a value, or the input of its transposition if the order is allowed.
  private static func operand(
    _ capture: Capture<ValueID>, _ axes: Capture<[Int]>, where isAllowed: @escaping @Sendable ([Int]) -> Bool
  ) -> Pattern {
    .either([.transpose(.value(capture), axes, where: isAllowed), .value(capture)])
  }

  /// Returns whether rows remain contiguous.
  @Sendable private static func keepsTheLast(_ axes: [Int]) -> Bool { axes.last == axes.count - 1 }

  /// Returns the sizes of an operand in the order in which it is multiplied.
  private static func sizes(
    _ capture: Capture<ValueID>, _ axes: Capture<[Int]>, _ match: Match, _ context: MatchContext
  ) -> [Int]? {
    guard let sizes = context.sizes(match[capture]) else { return nil }
    return match[axes].map { axes in axes.map { sizes[$0] } } ?? sizes
  }

  /// Returns whether an optional mask has a number for each score of a row, and at most as many
  /// dimensions as the scores.
  private static func fits(_ mask: ValueID?, _ scores: [Int], _ context: MatchContext) -> Bool {
    guard let mask else { return true }
    guard let sizes = context.sizes(mask), sizes.last == scores.last, sizes.count <= scores.count else { return false }
    return zip(sizes.reversed(), scores.reversed()).allSatisfy { $0 == $1 || $0 == 1 }
  }
}

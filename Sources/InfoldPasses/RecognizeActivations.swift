import InfoldGraph
import InfoldOperators
import InfoldSystem

/// Recognizes activations that exporters write as several nodes, and replaces them by one operator:
/// HardSwish, Swish with an optional factor in its sigmoid, both forms of Gelu, and Mish. Nodes
/// that are no longer needed are left for `RemoveDeadCode`.
package struct RecognizeActivations: RecognitionPass {
  package static let name = "recognize activations"

  /// Creates the pass.
  package init() {}

  private static let input = Capture<ValueID>("x"), alpha = Capture<Double>("alpha")
  private static let x = Pattern.value(input)

  package static let recognitions: [Recognition] = [
    Recognition(x * .clip(x + 3, 0, 6) / 6, becomes: node(HardSwish.name, 14)),
    Recognition(x * .clip(x / 6 + 0.5, 0, 1), becomes: node(HardSwish.name, 14)),
    Recognition(x * hardSigmoid, becomes: node(HardSwish.name, 14)),
    Recognition(0.5 * x * (1 + .function(.errorFunction, x / root(2))), becomes: node(Gelu.name, 20)),
    Recognition(0.5 * x * (1 + .function(.tanh, bent(by: root(2 / .pi)))), becomes: geluByTanh),
    // ½ · (1 + tanh(u)) = sigmoid(2 · u)
    Recognition(x * .sigmoid(bent(by: root(8 / .pi))), becomes: geluByTanh),
    Recognition(x * .function(.tanh, .function(.softplus, x)), becomes: node(Mish.name, 18)),
    Recognition(x * .sigmoid(x), becomes: node(Swish.name, 24)),
    Recognition(x / (1 + .exponential(-x)), becomes: node(Swish.name, 24)),
    Recognition(x * .sigmoid(alpha * x)) { (node, match, context, _) throws(InfoldError) in
      // A product with 1 is an identity, which another pass removes.
      guard let factor = match[alpha], factor > 0, factor != 1, Double(Float(factor)) == factor else { return nil }
      return try replacement(node, match, context, Swish.name, 24, ["alpha": .float(Float(factor))])
    },
  ]

  private static let hardSigmoid = Pattern.function(x) { function in
    guard case .hardSigmoid(let alpha, 0.5) = function else { return false }
    return Pattern.isClose(Double(alpha), 1.0 / 6)
  }

  /// Matches slope · (x + 0.044715 · x³).
  private static func bent(by slope: Pattern) -> Pattern {
    .either([slope * (x + 0.044715 * .cube(x)), slope * x * (1 + 0.044715 * .square(x))])
  }

  private static func root(_ number: Double) -> Pattern { .number(number.squareRoot()) }

  private static let geluByTanh = node(Gelu.name, 20, ["approximate": .string(Array("tanh".utf8))])

  private static func node(
    _ opType: String, _ version: Int, _ attributes: AttributeList = [:]
  ) -> Recognition.Writing {
    { (node, match, context, _) throws(InfoldError) in
      try replacement(node, match, context, opType, version, attributes)
    }
  }

  private static func replacement(
    _ node: Node, _ match: Match, _ context: MatchContext, _ opType: String, _ version: Int, _ attributes: AttributeList
  ) throws(InfoldError) -> Recognition.Replacement? {
    guard let x = match[input], context.type(x)?.elementType.isFloatingPoint == true else { return nil }
    return Recognition.Replacement(
      try Node(
        name: node.name, opType: opType, opsetVersion: version, attributes: attributes, inputs: [x],
        outputs: node.outputs))
  }
}

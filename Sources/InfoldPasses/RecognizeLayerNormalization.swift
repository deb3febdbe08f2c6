import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Finds layer normalizations that exporters write as arithmetic, and puts one operator in their place:
/// d = x − mean(x), then d ÷ √(mean(d²) + ε), and where they follow, · scale and + shift by constants.
///
/// The means go over the last dimensions, which must have known sizes, and ε must be a number that a `Float` holds, since the
/// attribute is one. What only the old nodes needed is left for `RemoveDeadCode`.
package struct RecognizeLayerNormalization: GraphPass {
  package static let name = "recognize layer normalization"

  /// The pass.
  package init() {}

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    try Recognition.run([Self.recognition], on: graph)
  }

  private static let input = Capture<ValueID>("x"), sizes = Capture<[Int]>("sizes")
  private static let epsilon = Capture<Double>("epsilon")
  private static let scale = Capture<ValueID>("scale"), shift = Capture<ValueID>("shift")

  private static let x = Pattern.value(input)
  private static let difference = x - .mean(x, sizes)
  private static let variance = Pattern.mean(.square(difference), sizes) + epsilon
  private static let normal = Pattern.either([
    difference / .squareRoot(variance), .pair(.product, difference, .inverseRoot(variance)),
  ])

  private static let recognition = Recognition(
    .scaledAndShifted(normal, .parameter(scale, sizes, of: input), .parameter(shift, sizes, of: input))
  ) { (node, match, context, editor) throws(InfoldError) in
    guard let x = match[input], let type = context.type(x)?.elementType, type.isFloatingPoint,
      let sizes = match[sizes], let epsilon = match[epsilon], epsilon > 0, Double(Float(epsilon)) == epsilon
    else { return nil }
    let ones = try Tensor(repeating: Float(1), shape: sizes).converted(to: type)
    let factor = match[scale] ?? editor.addConstant("\(context.graph.label(of: node)) scale", ones)
    return Recognition.Replacement(
      try Node(
        name: node.name, opType: LayerNormalization.name, opsetVersion: 17,
        attributes: ["axis": .int(Int64(-sizes.count)), "epsilon": .float(Float(epsilon))],
        inputs: [x, factor] + (match[shift].map { [$0] } ?? []), outputs: node.outputs))
  }
}

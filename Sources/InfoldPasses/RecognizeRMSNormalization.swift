import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Finds normalizations by the root mean square that exporters write as arithmetic, and puts one operator in their place:
/// x ÷ √(mean(x²) + ε), and where it follows, · scale by a constant.
///
/// The mean goes over the last dimensions, which must have known sizes, and ε must be a number that a `Float` holds, since the
/// attribute is one. What only the old nodes needed is left for `RemoveDeadCode`.
package struct RecognizeRMSNormalization: GraphPass {
  package static let name = "recognize normalization by the root mean square"

  /// The pass.
  package init() {}

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    try Recognition.run([Self.recognition], on: graph)
  }

  private static let input = Capture<ValueID>("x"), sizes = Capture<[Int]>("sizes")
  private static let epsilon = Capture<Double>("epsilon"), scale = Capture<ValueID>("scale")

  private static let x = Pattern.value(input)
  private static let square = Pattern.mean(.square(x), sizes) + epsilon
  private static let normal = Pattern.either([x / .squareRoot(square), .pair(.product, x, .inverseRoot(square))])

  private static let recognition = Recognition(
    .either([.pair(.product, .once(normal), .parameter(scale, sizes, of: input)), normal])
  ) { (node, match, context, editor) throws(InfoldError) in
    guard let x = match[input], let type = context.type(x)?.elementType, type.isFloatingPoint,
      let sizes = match[sizes], let epsilon = match[epsilon], epsilon > 0, Double(Float(epsilon)) == epsilon
    else { return nil }
    let ones = try Tensor(repeating: Float(1), shape: sizes).converted(to: type)
    return Recognition.Replacement(
      try Node(
        name: node.name, opType: RMSNormalization.name, opsetVersion: 23,
        attributes: ["axis": .int(Int64(-sizes.count)), "epsilon": .float(Float(epsilon))],
        inputs: [x, match[scale] ?? editor.addConstant("\(context.graph.label(of: node)) scale", ones)],
        outputs: node.outputs))
  }
}

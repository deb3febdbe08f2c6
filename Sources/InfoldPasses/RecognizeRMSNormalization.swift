import InfoldGraph
import InfoldOperators
import InfoldSystem

/// Finds normalizations by the root mean square that exporters write as arithmetic, and puts one operator in their place:
/// x ÷ √(mean(x²) + ε), and where it follows, · scale by a constant.
///
/// The mean goes over the last dimensions, which must have known sizes, and ε must be a number that a `Float` holds, since the
/// attribute is one. What only the old nodes needed is left for `RemoveDeadCode`.
package struct RecognizeRMSNormalization: RecognitionPass {
  package static let name = "recognize normalization by the root mean square"

  /// The pass.
  package init() {}

  private static let input = Capture<ValueID>("x"), sizes = Capture<[Int]>("sizes")
  private static let epsilon = Capture<Double>("epsilon"), scale = Capture<ValueID>("scale")

  private static let x = Pattern.value(input)
  private static let square = Pattern.mean(.square(x), sizes) + epsilon
  private static let normal = Pattern.either([x / .squareRoot(square), .pair(.product, x, .inverseRoot(square))])

  package static let recognitions = [recognition]

  private static let recognition = Recognition(
    .either([.pair(.product, .once(normal), .parameter(scale, sizes, of: input)), normal]),
    becomes: Recognition.normalization(
      RMSNormalization.name, 23, of: input, over: sizes, epsilon: epsilon, scale: scale))
}

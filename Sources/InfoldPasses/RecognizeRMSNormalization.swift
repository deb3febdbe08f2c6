import InfoldGraph
import InfoldOperators
import InfoldSystem

/// Recognizes RMS normalizations that exporters write as arithmetic, and replaces them by one
/// operator: x ÷ √(mean(x²) + ε), optionally followed by · scale with a constant.
///
/// The mean is over the last dimensions, whose sizes must be known. ε must be exactly representable
/// as a `Float`, because the attribute is one. Nodes that are no longer needed are left for
/// `RemoveDeadCode`.
package struct RecognizeRMSNormalization: RecognitionPass {
  package static let name = "recognize normalization by the root mean square"

  /// Creates the pass.
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

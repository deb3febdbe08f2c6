import InfoldGraph
import InfoldOperators
import InfoldSystem

/// Recognizes layer normalizations that exporters write as arithmetic, and replaces them by one
/// operator: d = x − mean(x), then d ÷ √(mean(d²) + ε), optionally followed by · scale and + shift
/// with constants.
///
/// The means are over the last dimensions, whose sizes must be known. ε must be exactly
/// representable as a `Float`, because the attribute is one. Nodes that are no longer needed are
/// left for `RemoveDeadCode`.
package struct RecognizeLayerNormalization: RecognitionPass {
  package static let name = "recognize layer normalization"

  /// Creates the pass.
  package init() {}

  private static let input = Capture<ValueID>("x"), sizes = Capture<[Int]>("sizes")
  private static let epsilon = Capture<Double>("epsilon")
  private static let scale = Capture<ValueID>("scale"), shift = Capture<ValueID>("shift")

  private static let x = Pattern.value(input)
  private static let difference = x - .mean(x, sizes)
  private static let variance = Pattern.mean(.square(difference), sizes) + epsilon
  private static let normal = Pattern.either([
    difference / .squareRoot(variance), .pair(.product, difference, .inverseRoot(variance)),
  ])

  package static let recognitions = [recognition]

  private static let recognition = Recognition(
    .scaledAndShifted(normal, .parameter(scale, sizes, of: input), .parameter(shift, sizes, of: input)),
    becomes: Recognition.normalization(
      LayerNormalization.name, 17, of: input, over: sizes, epsilon: epsilon, scale: scale, shift: shift))
}

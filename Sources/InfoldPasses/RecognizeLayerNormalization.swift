import InfoldGraph
import InfoldOperators
import InfoldSystem

/// Finds layer normalizations that exporters write as arithmetic, and puts one operator in their place:
/// d = x − mean(x), then d ÷ √(mean(d²) + ε), and where they follow, · scale and + shift by constants.
///
/// The means go over the last dimensions, which must have known sizes, and ε must be a number that a `Float` holds, since the
/// attribute is one. What only the old nodes needed is left for `RemoveDeadCode`.
package struct RecognizeLayerNormalization: RecognitionPass {
  package static let name = "recognize layer normalization"

  /// The pass.
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

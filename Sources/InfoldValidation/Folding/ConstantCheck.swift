import InfoldOperators
import InfoldPasses
import InfoldSystem

/// Compares the weight and bias of a folded operator with the values that follow from the original
/// in double precision.
///
/// Constants that Infold folds must be correctly rounded: |ŵ′ − w′| ≤ u·|w′|.
///
/// Constants that another tool folded in the model's precision may have larger errors. Their bounds
/// count the roundings of one batch normalization, with s = γ ÷ √(σ² + ε):
///
/// - **Weight** w′ = w·s: s takes 2.5 roundings, because the square root halves that of σ² + ε. The
///   product takes one more. Bound: 4u·|w′|.
/// - **Bias** b′ = β + (b − μ)·s: the product takes part in 5.5 roundings, those of the difference,
///   of s, of the product itself and of the last sum. Errors are relative to the summands, which
///   may cancel. Bound: 6u·(|β| + |(b − μ)·s|).
///
/// Each further map that is folded counts again. A map before the operator adds a sum of K products
/// to the bias, and K roundings.
struct ConstantCheck {
  /// The accuracy that is required of the constants.
  enum Tolerance {
    /// Rounded once, to nearest.
    case correctlyRounded
    /// Folded in the model's own precision.
    case singlePrecision
  }

  private let pair: OperatorMatching.Pair
  private let tolerance: Tolerance
  private let unit: Double
  private let smallest: Double

  init(_ pair: OperatorMatching.Pair, _ tolerance: Tolerance) {
    self.pair = pair
    self.tolerance = tolerance
    unit = pair.folded.elementType.unitRoundoff
    smallest = pair.folded.elementType.smallestSubnormal
  }

  /// Checks all weights and biases.
  /// - Throws: `InfoldError` with `.limitExceeded` if a memory limit is exceeded.
  func report() throws(InfoldError) -> ConstantReport {
    let (original, folded) = (pair.original, pair.folded)
    let expected = try original.analysis.weights(of: original.entry)
    let actual = try folded.analysis.weights(of: folded.entry)
    var report = ConstantReport()
    checkWeights(expected.weight, actual.weight, &report)
    let isUnchanged = folds == 0 && !original.entry.linear.scalesBias
    let folds = Double(max(folds, 1))
    let integers = folded.biasRoundings
    let sums = original.entry.before.isEmpty ? 0 : Double(original.entry.linear.dotLength)
    for channel in expected.bias.indices {
      let summands = expected.biasMagnitude[channel]
      let roundings = tolerance == .correctlyRounded ? 0 : (6 * folds + sums) * unit * summands
      // The error of the recomputation itself.
      let double = ErrorBounds.gamma(Int(8 * folds + sums), unit: ErrorBounds.doubleUnit) * summands
      check(
        .bias, element: channel, channel: channel, expected.bias[channel], actual.bias[channel],
        limit: isUnchanged ? 0 : roundings + double + allowance(expected.bias[channel]) + integers[channel], &report)
    }
    return report
  }

  /// The number of maps that were folded into the operator.
  private var folds: Int { pair.foldedMaps }

  private func checkWeights(_ expected: [Double], _ actual: [Double], _ report: inout ConstantReport) {
    let (original, folded) = (pair.original.entry.linear, pair.folded.entry.linear)
    let roundings = tolerance == .correctlyRounded ? 0 : Double(4 * folds) * unit
    let alpha = folded.alpha == original.alpha ? 1 : folded.alpha / original.alpha
    // A matrix may have been transposed: compare the elements that connect the same channels.
    let isReordered = original.isMatrix && folded.isMatrix && original.isTransposed != folded.isTransposed
    let (rows, columns) = (original.inputChannels, original.outputChannels)
    original.forEachBlock { elements, input, output in
      for element in elements {
        let place = !isReordered ? element : folded.isTransposed ? output * rows + input : input * columns + output
        let wanted = expected[element]
        let limit = folds == 0 && alpha == 1 ? 0 : roundings * wanted.magnitude + allowance(wanted)
        check(
          .weight, element: place, channel: output, wanted, actual[place] * alpha, limit: limit, &report)
      }
    }
  }

  /// The rounding error of a constant: u·|x|, or half the smallest subnormal number if that is
  /// larger. For `singlePrecision`, which rounds several times, the subnormal term is four times as
  /// large.
  private func allowance(_ value: Double) -> Double {
    let steps = tolerance == .correctlyRounded ? 0.5 : 2
    return max(unit * value.magnitude, steps * smallest)
  }

  private func check(
    _ kind: ConstantReport.Constant, element: Int, channel: Int, _ expected: Double, _ actual: Double, limit: Double,
    _ report: inout ConstantReport
  ) {
    let error = (actual - expected).magnitude
    report.count += 1
    let least = pair.folded.elementType.leastNormalMagnitude
    if expected != 0, expected.magnitude < least { report.subnormal += 1 }
    if error > max(unit * expected.magnitude, smallest / 2) { report.notCorrectlyRounded += 1 }
    let inUnits = error == 0 ? 0 : error / (unit * max(expected.magnitude, least))
    if kind == .weight { report.largestWeightError = max(report.largestWeightError, inUnits) }
    guard !(error <= limit) else { return }
    report.wrong += 1
    let excess = limit > 0 ? error / limit : .infinity
    if let worst = report.worst, !(excess > worst.excess) { return }
    report.worst = ConstantReport.Mismatch(
      constant: kind, element: element, channel: channel, expected: expected, actual: actual, limit: limit,
      excess: excess)
  }
}

extension OperatorMatching.Pair {
  /// The number of maps around the original operator that are no longer around the folded one.
  var foldedMaps: Int { max(0, original.mapsThatRound - folded.mapsThatRound) }

  /// Which of the maps around the original operator were folded. `.plain` if there are none.
  var state: SiteReport.State {
    guard original.mapsThatRound > 0 else { return .plain }
    return folded.mapsThatRound == 0 ? .folded : foldedMaps > 0 ? .partlyFolded : .notFolded
  }
}

extension LinearOperator {
  fileprivate var isMatrix: Bool {
    !form.hasWindow
  }

  fileprivate var isTransposed: Bool { isMatrix && form.outputAxis == 0 }
}

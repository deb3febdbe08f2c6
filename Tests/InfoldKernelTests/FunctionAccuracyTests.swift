import Glibc
import InfoldKernelInterface
import Testing

/// Differences of functions from double precision, for arguments of every exponent and both signs.
@Suite struct FunctionAccuracyTests {
  /// A function, and its largest permitted difference from double precision.
  struct Case: Sendable, CustomTestStringConvertible {
    var function: UnaryFunction
    var alpha: Float = 0
    /// Units in the last place.
    var units: Double
    /// The magnitude below which errors are absolute; by default the smallest normal number.
    var floor = 0x1p-126
    /// Whether the result may also differ by the effect of changing the argument by one ulp.
    var isConditional = false
    /// Whether that holds without fused multiply-add, which the portable kernels do not have.
    var isConditionalUnfused = false
    var isMonotone = false
    var testDescription: String { "\(function) \(alpha)" }
    var reference: @Sendable (Double) -> Double
  }

  static let cases: [Case] = [
    Case(function: .exponential, units: 1, floor: 0x1p-149, isMonotone: true) { exp($0) },
    Case(function: .tanh, units: 2, isMonotone: true) { tanh($0) },
    Case(function: .sigmoid, units: 2, isMonotone: true) { 1 / (1 + exp(-$0)) },
    // An infinity gives the limit, instead of 0 · ∞.
    Case(function: .swish, alpha: 1, units: 2, floor: 1e-36) { $0 == -.infinity ? 0 : $0 / (1 + exp(-$0)) },
    Case(function: .elu, alpha: 1, units: 2, isMonotone: true) { $0 >= 0 ? $0 : expm1($0) },
    Case(function: .elu, alpha: 0.5, units: 2, isMonotone: true) { $0 >= 0 ? $0 : 0.5 * expm1($0) },
    Case(function: .softplus, units: 2.5, floor: 0x1p-149) { max($0, 0) + log1p(exp(-abs($0))) },
    Case(function: .mish, units: 2.6, floor: 1e-36) { $0 == -.infinity ? 0 : $0 * tanh(log1p(exp($0))) },
    Case(function: .gelu, units: 3, floor: 1e-37, isConditional: true) {
      $0 == -.infinity ? 0 : $0 * erfc(-$0 / 2.0.squareRoot()) / 2
    },
    Case(function: .geluTanh, units: 2, floor: 1e-37, isConditionalUnfused: true) {
      $0 == -.infinity ? 0 : $0 / (1 + exp(-2 * (2 / Double.pi).squareRoot() * $0 * (1 + 0.044715 * $0 * $0)))
    },
    Case(function: .sine, units: 1) { sin($0) },
    Case(function: .cosine, units: 1) { cos($0) },
  ]

  /// Negative arguments, then the others, in ascending order: some of every exponent, more between 2⁻⁷ and 2⁷, and special values.
  private static let arguments: [Float] = {
    var sizes: [Float] = [0, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, .infinity]
    for exponent in -149...127 {
      let count = abs(exponent) <= 7 ? 5_000 : 60
      for index in 0..<count {
        let significand = 1 + (Float(index) + Float(index % 7) / 7) / Float(count)
        sizes.append(Float(sign: .plus, exponent: exponent, significand: min(significand, 1.999_999_9)))
      }
    }
    sizes.sort()
    return sizes.reversed().map { -$0 } + sizes
  }()

  private static func results(_ item: Case, _ set: any LanewiseKernels.Type, _ input: Buffer) -> [Float] {
    let (output, shape) = (Buffer(input.count), ElementwiseShape(pixels: input.count))
    let arguments = UnaryArguments(
      item.function, alpha: item.alpha, shape: shape, input: ElementwiseInput(input.input, like: shape),
      output: ElementwiseOutput(output.base, like: shape))
    set.unary(arguments, pixels: 0..<input.count)
    return output.values
  }

  @Test(arguments: lanewiseKernelSets.indices, cases) func isNearTheFunction(set: Int, item: Case) {
    check(set, item, Self.arguments)
  }

  /// Angles close to a multiple of π/2, where the sine or the cosine is small.
  @Test(arguments: lanewiseKernelSets.indices, [UnaryFunction.sine, .cosine])
  func anglesNextToQuarterTurns(set: Int, function: UnaryFunction) {
    var angles: [Float] = []
    for turns in Array(1...9000) + (13...127).map({ 1 << min($0, 60) }) + (1...2000).map({ 7919 * $0 * $0 }) {
      let angle = Float(Double(turns) * Double.pi / 2)
      angles += [angle, angle.nextUp, angle.nextDown, -angle]
    }
    // The floats that are closest to such multiples.
    angles += [16_367_173 * 0x1p72, 0x1.6f9a_fap63, 0x1.3170f0p63, 10_800_606 * 0x1p-10]
    check(set, Self.cases.first { $0.function == function }!, angles)
  }

  private func check(_ set: Int, _ item: Case, _ arguments: [Float]) {
    let results = Self.results(item, lanewiseKernelSets[set], Buffer(arguments))
    // Portable kernels round both the product and the sum.
    let isUnfused = lanewiseKernelSets[set].vectorWidth == 4
    let units = isUnfused ? item.units + 0.5 : item.units
    for (x, y) in zip(arguments, results) {
      let expected = item.reference(Double(x))
      if Float(expected) == y || expected.isNaN && y.isNaN { continue }
      let unit = max(Float(abs(expected)).binade, Float(item.floor).binade)
      var bound = units * max(Double(unit) * 0x1p-23, 0x1p-149)
      if item.isConditional || item.isConditionalUnfused && isUnfused, abs(expected) > item.floor {
        let change = abs(item.reference(Double(x.nextUp)) - item.reference(Double(x.nextDown)))
        bound += change * (isUnfused ? 2 : 1)
      } else if abs(expected) < item.floor {
        bound = max(bound, item.floor)
      }
      #expect(
        abs(Double(y) - expected) <= bound,
        "\(lanewiseKernelSets[set].name) \(item.function) of \(x) is \(y), not \(expected)")
    }
  }

  @Test(arguments: lanewiseKernelSets.indices, cases.filter(\.isMonotone)) func staysMonotone(set: Int, item: Case) {
    let results = Self.results(item, lanewiseKernelSets[set], Buffer(Self.arguments))
    let turns = zip(results, results.dropFirst()).filter { $0 > $1 }
    #expect(turns.isEmpty, "\(lanewiseKernelSets[set].name) \(item.function) falls from \(turns.first!)")
  }

  @Test(arguments: lanewiseKernelSets.indices, cases) func keepsNotANumber(set: Int, item: Case) {
    #expect(Self.results(item, lanewiseKernelSets[set], Buffer([.nan, 1, -.nan])).map(\.isNaN) == [true, false, true])
  }
}

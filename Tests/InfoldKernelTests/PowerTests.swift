import Glibc
import InfoldKernelInterface
import InfoldTensor
import Testing

/// Powers, compared with rounded double-precision results.
@Suite struct PowerTests {
  private static func powers(_ set: any LanewiseKernels.Type, _ x: [Float], _ y: [Float]) -> [Float] {
    let (left, right, output) = (Buffer(x), Buffer(y), Buffer(x.count)), shape = ElementwiseShape(pixels: x.count)
    set.binary(
      BinaryArguments(
        .power, activation: .identity, shape: shape, left: ElementwiseInput(left.input, like: shape),
        right: ElementwiseInput(right.input, like: shape), output: ElementwiseOutput(output.base, like: shape)),
      pixels: 0..<x.count)
    return output.values
  }

  /// Numbers of every exponent, and integers and numbers between them.
  private static let numbers: [Float] = {
    var sizes: [Float] = [0.3, 0.5, 1, 1.5, 2, 2.5, 3, 4, 7, 8_388_607.5, 8_388_608, 8_388_609, 16_777_215, 16_777_216]
    sizes += [.leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, .infinity, 0]
    for exponent in stride(from: -149, through: 127, by: 3) {
      sizes.append(Float(sign: .plus, exponent: exponent, significand: exponent.isMultiple(of: 2) ? 1.7 : 1.2))
    }
    return sizes + sizes.map { -$0 } + [.nan, -.nan]
  }()

  private func check(_ set: Int, _ x: [Float], _ y: [Float]) {
    let results = Self.powers(lanewiseKernelSets[set], x, y)
    var wrong: [String] = []
    for ((x, y), result) in zip(zip(x, y), results) {
      let truth = pow(Double(x), Double(y)), nearest = Float(truth)
      if nearest.isNaN && result.isNaN || nearest == result && nearest.sign == result.sign { continue }
      // Results that are halfway between two floats, up to double precision.
      guard !nearest.isNaN, nearest.isFinite, result.isFinite, nearest.sign == result.sign,
        abs(Double(result) - truth) <= 0.501 * max(Double(nearest.ulp), 0x1p-149)
      else {
        wrong.append("\(x) to the power of \(y) is \(result), not \(truth)")
        continue
      }
    }
    #expect(wrong.isEmpty, "\(lanewiseKernelSets[set].name): \(wrong.prefix(5))")
  }

  /// Every number to the power of every other one: zeros, infinities, NaN, and integer and other exponents of negative bases.
  @Test(arguments: lanewiseKernelSets.indices) func ofEveryKind(set: Int) {
    for y in Self.numbers { check(set, Self.numbers, Array(repeating: y, count: Self.numbers.count)) }
  }

  /// Powers that are neither 0 nor infinite.
  @Test(arguments: lanewiseKernelSets.indices) func inRange(set: Int) {
    var random = SplitMix64(seed: 5)
    var bases: [Float] = [], exponents: [Float] = []
    for _ in 0..<300_000 {
      let base = exp2(Float.random(in: random.next() & 1 == 0 ? -140...127 : -0.5...0.5, using: &random))
      let reach = min(150 / max(abs(log2(base)), 1e-6), 1e6)
      bases.append(base)
      exponents.append(Float.random(in: -reach...reach, using: &random))
    }
    check(set, bases, exponents)
  }
}

import Glibc
import InfoldKernelInterface
import Testing

@Suite struct ElementwiseTests {
  /// A function with its parameters, and the largest permitted error, relative to the larger of |y| and `floor`.
  struct Case: Sendable {
    var function: UnaryFunction
    var alpha: Float = 0
    var beta: Float = 0
    var tolerance = 0.0
    /// The magnitude below which errors are absolute.
    var floor = 1e-37
    var reference: @Sendable (Double) -> Double
  }

  /// Half a unit in the last place, at most.
  private static let ulp = 1.2e-7

  static let cases: [Case] = [
    Case(function: .identity) { $0 },
    Case(function: .absolute) { abs($0) },
    Case(function: .negative) { -$0 },
    Case(function: .reciprocal, tolerance: ulp) { 1 / $0 },
    Case(function: .squareRoot, tolerance: ulp) { $0.squareRoot() },
    Case(function: .halfPower, tolerance: ulp) { pow($0, 0.5) },
    Case(function: .floor) { $0.rounded(.down) },
    Case(function: .ceiling) { $0.rounded(.up) },
    Case(function: .roundToEven) { $0.rounded(.toNearestOrEven) },
    Case(function: .exponential, tolerance: 2 * ulp) { exp($0) },
    Case(function: .logarithm, tolerance: 2 * ulp) { log($0) },
    Case(function: .errorFunction, tolerance: 2 * ulp) { erf($0) },
    Case(function: .tanh, tolerance: 3 * ulp) { tanh($0) },
    Case(function: .sigmoid, tolerance: 3 * ulp, floor: 1e-29) { 1 / (1 + exp(-$0)) },
    Case(function: .swish, alpha: 1, tolerance: 3 * ulp, floor: 1e-29) { $0 / (1 + exp(-$0)) },
    Case(function: .swish, alpha: 1.5, tolerance: 1e-6, floor: 1e-4) { $0 / (1 + exp(-1.5 * $0)) },
    Case(function: .gelu, tolerance: 3e-6, floor: 1e-4) { $0 * erfc(-$0 / 2.0.squareRoot()) / 2 },
    Case(function: .geluTanh, tolerance: 1e-5, floor: 1e-4) {
      $0 / (1 + exp(-2 * (2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0)))
    },
    Case(function: .clip, alpha: -0.5, beta: 2) { min(max($0, -0.5), 2) },
    Case(function: .leakyRelu, alpha: 0.125) { $0 >= 0 ? $0 : 0.125 * $0 },
    Case(function: .elu, alpha: 0.5, tolerance: 3 * ulp) { $0 >= 0 ? $0 : 0.5 * expm1($0) },
    Case(function: .selu, alpha: 1.5, beta: 1.25, tolerance: 4 * ulp) { $0 > 0 ? 1.25 * $0 : 1.25 * 1.5 * expm1($0) },
    Case(function: .hardSigmoid, alpha: 0.25, beta: 0.5, tolerance: ulp, floor: 1) { min(max(0.25 * $0 + 0.5, 0), 1) },
    Case(function: .hardSwish, alpha: 0.25, beta: 0.5, tolerance: 2 * ulp, floor: 1) {
      $0 * min(max(0.25 * $0 + 0.5, 0), 1)
    },
    Case(function: .softplus, tolerance: 4 * ulp) { max($0, 0) + log1p(exp(-abs($0))) },
    Case(function: .softsign, tolerance: 2 * ulp) { $0 / (1 + abs($0)) },
    Case(function: .mish, tolerance: 6 * ulp, floor: 1e-29) { $0 * tanh(log1p(exp($0))) },
  ]

  /// Arguments of all magnitudes and both signs.
  private static let arguments: [Float] = {
    var values: [Float] = [0, -0.0, 1, -1, 0.5, 1.5, 2.5, -2.5, .infinity, .nan]
    for index in -4000...4000 { values.append(Float(index) / 37) }
    for exponent in -30...6 {
      for mantissa in 0..<40 {
        let value = Float(sign: .plus, exponent: exponent, significand: 1 + Float(mantissa) / 40)
        values += [value, -value]
      }
    }
    return values
  }()

  @Test(arguments: lanewiseKernelSets.indices, cases.indices) func computesFunctions(set: Int, index: Int) {
    let item = Self.cases[index]
    let input = Buffer(Self.arguments)
    let output = Buffer(input.count)
    let shape = ElementwiseShape(pixels: input.count)
    let arguments = UnaryArguments(
      item.function, alpha: item.alpha, beta: item.beta, shape: shape,
      input: ElementwiseInput(input.input, like: shape),
      output: ElementwiseOutput(output.base, like: shape))
    #expect(
      isIndependentOfRange(units: shape.unitCount, output: output) {
        lanewiseKernelSets[set].unary(arguments, pixels: $0)
      })
    let wrong = zip(Self.arguments, output.values).filter { x, y in
      let expected = item.reference(Double(x))
      let isExact = Double(y) == expected || Float(expected) == y || (y.isNaN && expected.isNaN)
      return !isExact && !(abs(Double(y) - expected) <= item.tolerance * max(abs(expected), item.floor))
    }
    #expect(wrong.isEmpty, "\(lanewiseKernelSets[set].name) \(item.function) of \(wrong.first!)")
  }

  @Test(arguments: lanewiseKernelSets.indices, 1...20) func followsStrides(set: Int, channels: Int) {
    let shape = ElementwiseShape(images: 2, pixels: 5, channels: channels)
    let input = Buffer(random: shape.unitCount * (channels + 2) - 2, seed: 1)
    let output = Buffer(shape.unitCount * (channels + 1) - 1)
    let arguments = UnaryArguments(
      .negative, shape: shape, input: ElementwiseInput(input.input, like: shape, pixelStride: channels + 2),
      output: ElementwiseOutput(output.base, like: shape, pixelStride: channels + 1))
    #expect(
      isIndependentOfRange(units: shape.unitCount, output: output) {
        lanewiseKernelSets[set].unary(arguments, pixels: $0)
      })
    var expected = output.values
    for pixel in 0..<shape.unitCount {
      for channel in 0..<channels {
        expected[pixel * (channels + 1) + channel] = -input.base[pixel * (channels + 2) + channel]
      }
    }
    #expect(output.values == expected)
  }

  /// Strides of an operand: dense, a slice, a scalar, per channel, per image and channel, per pixel.
  private static func operands(_ buffer: Buffer, _ shape: ElementwiseShape) -> [ElementwiseInput] {
    [
      ElementwiseInput(buffer.input, like: shape),
      ElementwiseInput(buffer.input, like: shape, pixelStride: shape.channels + 3),
      ElementwiseInput(scalar: buffer.input), ElementwiseInput(perChannel: buffer.input),
      ElementwiseInput(buffer.input, imageStride: shape.channels, pixelStride: 0, channelStride: 1),
      ElementwiseInput(buffer.input, imageStride: shape.pixels, pixelStride: 1, channelStride: 0),
    ]
  }

  private static let functions: [(BinaryFunction, @Sendable (Double, Double) -> Double)] = [
    (.add, { $0 + $1 }), (.subtract, { $0 - $1 }), (.multiply, { $0 * $1 }), (.divide, { $0 / $1 }),
    (.maximum, { max($0, $1) }), (.minimum, { min($0, $1) }), (.parametricRelu, { $0 >= 0 ? $0 : $0 * $1 }),
  ]

  @Test(arguments: lanewiseKernelSets.indices, 1...20) func combinesOperands(set: Int, channels: Int) {
    let shape = ElementwiseShape(images: 2, pixels: 7, channels: channels)
    let left = Buffer(random: 2 * 7 * (channels + 3), seed: 2)
    let right = Buffer(random: 2 * 7 * (channels + 3), seed: 3)
    for (function, reference) in Self.functions {
      for (leftIndex, a) in Self.operands(left, shape).enumerated() {
        for (rightIndex, b) in Self.operands(right, shape).enumerated()
        where a.channelStride == 1 || b.channelStride == 1 {
          let activation = [Activation.identity, .relu, Activation(.sigmoid)][(leftIndex + rightIndex) % 3]
          let output = Buffer(shape.unitCount * (channels + 1) - 1)
          let arguments = BinaryArguments(
            function, activation: activation, shape: shape, left: a, right: b,
            output: ElementwiseOutput(
              output.base, like: shape, pixelStride: leftIndex == 0 ? channels : channels + 1))
          lanewiseKernelSets[set].binary(arguments, pixels: 0..<5)
          lanewiseKernelSets[set].binary(arguments, pixels: 5..<14)
          for (place, image, pixel, channel) in places(shape) {
            let x = Double(a.base[image * a.imageStride + pixel * a.pixelStride + channel * a.channelStride])
            let y = Double(b.base[image * b.imageStride + pixel * b.pixelStride + channel * b.channelStride])
            let expected = activation.reference(reference(x, y))
            let result = Double(output.base[place * arguments.output.pixelStride + channel])
            #expect(
              abs(result - expected) <= 5e-7 * max(1e-3, abs(expected)), "\(lanewiseKernelSets[set].name) \(function)")
          }
          #expect(output.isIntact)
        }
      }
    }
  }

  /// Every element: its pixel across all images, its image, its pixel within the image, and its channel.
  private func places(_ shape: ElementwiseShape) -> [(Int, Int, Int, Int)] {
    (0..<(shape.unitCount * shape.channels)).map { index in
      let (place, channel) = index.quotientAndRemainder(dividingBy: shape.channels)
      return (place, place / shape.pixels, place % shape.pixels, channel)
    }
  }

  @Test(arguments: lanewiseKernelSets.indices) func propagatesNotANumber(set: Int) {
    let left = Buffer([.nan, 1, .nan, 2])
    let right = Buffer([1, .nan, .nan, 3])
    let shape = ElementwiseShape(pixels: 4)
    for function in [BinaryFunction.maximum, .minimum, .add] {
      let output = Buffer(4)
      lanewiseKernelSets[set].binary(
        BinaryArguments(
          function, activation: .relu, shape: shape, left: ElementwiseInput(left.input, like: shape),
          right: ElementwiseInput(right.input, like: shape), output: ElementwiseOutput(output.base, like: shape)),
        pixels: 0..<4)
      #expect(output.values.map(\.isNaN) == [true, true, true, false])
    }
  }

  @Test(arguments: lanewiseKernelSets.indices, 1...20) func scalesAndShifts(set: Int, channels: Int) {
    let shape = ElementwiseShape(images: 2, pixels: 5, channels: channels)
    let input = Buffer(random: shape.unitCount * channels, seed: 4)
    let (scale, shift) = (Buffer(random: channels, seed: 5), Buffer(random: channels, seed: 6))
    for isScalar in [false, true] {
      let output = Buffer(shape.unitCount * channels)
      let operand = { isScalar ? ElementwiseInput(scalar: $0) : ElementwiseInput(perChannel: $0) }
      let arguments = ScaleShiftArguments(
        activation: Activation(.leakyRelu, 0.5), shape: shape, input: ElementwiseInput(input.input, like: shape),
        scale: operand(scale.input), shift: operand(shift.input), output: ElementwiseOutput(output.base, like: shape))
      #expect(
        isIndependentOfRange(units: shape.unitCount, output: output) {
          lanewiseKernelSets[set].scaleShift(arguments, pixels: $0)
        })
      let expected = (0..<output.count).map { index in
        let channel = isScalar ? 0 : index % channels
        let y = Double(input.base[index]) * Double(scale.base[channel]) + Double(shift.base[channel])
        return y >= 0 ? y : y / 2
      }
      #expect(agree(output.values, expected, tolerance: 2e-7))
    }
  }

  @Test(arguments: lanewiseKernelSets.indices, 1...20) func normalizesChannels(set: Int, channels: Int) {
    let shape = ElementwiseShape(images: 2, pixels: 5, channels: channels)
    let (stride, outputStride) = (channels + 2, channels + 1)
    let input = Buffer(Buffer(random: shape.unitCount * stride - 2, seed: 7, bound: 0.01).values.map { $0 + 1000 })
    let mean = Buffer(Buffer(random: channels, seed: 8, bound: 0.01).values.map { $0 + 1000 })
    let (factor, scale) = (Buffer(random: channels, seed: 9, bound: 300), Buffer(random: channels, seed: 10))
    let shift = Buffer(random: channels, seed: 11)
    let output = Buffer(shape.unitCount * outputStride - 1)
    let arguments = ChannelNormalizationArguments(
      activation: Activation(.leakyRelu, 0.5), shape: shape,
      input: ElementwiseInput(input.input, like: shape, pixelStride: stride), mean: mean.input, factor: factor.input,
      scale: scale.input, shift: shift.input,
      output: ElementwiseOutput(output.base, like: shape, pixelStride: outputStride))
    #expect(
      isIndependentOfRange(units: shape.unitCount, output: output) {
        lanewiseKernelSets[set].channelNormalization(arguments, pixels: $0)
      })
    var expected = output.values.map(Double.init)
    for pixel in 0..<shape.unitCount {
      for channel in 0..<channels {
        let difference = Double(input.base[pixel * stride + channel]) - Double(mean.base[channel])
        let y = difference * Double(factor.base[channel]) * Double(scale.base[channel]) + Double(shift.base[channel])
        expected[pixel * outputStride + channel] = y >= 0 ? y : y / 2
      }
    }
    #expect(agree(output.values, expected, tolerance: 5e-7))
  }
}

import Glibc
import InfoldKernelInterface
import Testing

@Suite struct NormalizationTests {
  @Test(arguments: kernelSets.indices, [false, true]) func sharesOut(set: Int, isLogarithmic: Bool) {
    for columns in Array(1...40) + [1000] {
      let (rows, stride, outputStride) = (4, columns + 2, columns + 1)
      let input = Buffer(random: rows * stride - 2, seed: 1, bound: 20)
      let output = Buffer(rows * outputStride - 1)
      let arguments = SoftmaxArguments(
        input: input.input, inputStride: stride, output: output.base, outputStride: outputStride, rows: rows,
        columns: columns, isLogarithmic: isLogarithmic)
      #expect(isIndependentOfRange(units: rows, output: output) { kernelSets[set].softmax(arguments, rows: $0) })
      var expected = output.values.map(Double.init)
      for row in 0..<rows {
        let values = (0..<columns).map { Double(input.base[row * stride + $0]) }
        let largest = values.max()!
        let total = values.map { exp($0 - largest) }.reduce(0, +)
        for (column, value) in values.enumerated() {
          expected[row * outputStride + column] =
            isLogarithmic ? value - largest - log(total) : exp(value - largest) / total
        }
      }
      #expect(agree(output.values, expected, tolerance: 5e-7), "\(kernelSets[set].name) \(columns) columns")
    }
  }

  @Test(arguments: kernelSets.indices, [false, true]) func normalizesLayers(set: Int, shifts: Bool) {
    for columns in Array(1...40) + [768] {
      let (rows, stride, outputStride) = (4, columns + 2, columns + 1)
      let input = Buffer(random: rows * stride - 2, seed: 2, bound: 3)
      let (scale, shift) = (Buffer(random: columns, seed: 3), Buffer(random: columns, seed: 4))
      let output = Buffer(rows * outputStride - 1)
      let arguments = LayerNormalizationArguments(
        input: input.input, inputStride: stride, output: output.base, outputStride: outputStride, rows: rows,
        columns: columns, epsilon: 1e-3, scale: scale.input, shift: shifts ? shift.input : nil)
      #expect(
        isIndependentOfRange(units: rows, output: output) { kernelSets[set].layerNormalization(arguments, rows: $0) })
      var expected = output.values.map(Double.init)
      for row in 0..<rows {
        let normal = normalized((0..<columns).map { Double(input.base[row * stride + $0]) }, epsilon: 1e-3)
        for column in 0..<columns {
          let offset = shifts ? Double(shift.base[column]) : 0
          expected[row * outputStride + column] = normal[column] * Double(scale.base[column]) + offset
        }
      }
      #expect(agree(output.values, expected, tolerance: 5e-6), "\(kernelSets[set].name) \(columns) columns")
    }
  }

  /// x ÷ √(mean of x² + ε), also if the squares exceed the range of single precision.
  @Test(arguments: kernelSets.indices) func normalizesByTheRootMeanSquare(set: Int) {
    for columns in Array(1...40) + [768, 3001] {
      for (bound, epsilon) in [(3, 1e-3), (1e-3, 1e-5), (1e25, 1e-5), (1e-25, 0)] as [(Float, Float)] {
        let rows = 4
        let input = Buffer(random: rows * columns, seed: 2, bound: bound), scale = Buffer(random: columns, seed: 3)
        let output = Buffer(rows * columns)
        let arguments = LayerNormalizationArguments(
          input: input.input, output: output.base, rows: rows, columns: columns, epsilon: epsilon,
          subtractsMean: false, scale: scale.input, shift: nil)
        #expect(
          isIndependentOfRange(units: rows, output: output) { kernelSets[set].layerNormalization(arguments, rows: $0) })
        var expected: [Double] = []
        for row in 0..<rows {
          let values = input.values[(row * columns)..<((row + 1) * columns)].map(Double.init)
          let square = values.reduce(0) { $0 + $1 * $1 } / Double(columns)
          expected += zip(values, scale.values).map { $0 / (square + Double(epsilon)).squareRoot() * Double($1) }
        }
        #expect(agree(output.values, expected, tolerance: 2e-6), "\(kernelSets[set].name) \(columns) up to \(bound)")
      }
    }
  }

  @Test(arguments: kernelSets.indices, [Activation.relu, Activation(.silu), Activation(.hardSwish)])
  func activatesGroups(set: Int, activation: Activation) {
    // One of the groups has numbers whose squares exceed the range of single precision.
    for (channels, groups) in [(24, 2), (12, 6), (7, 7), (40, 1)] {
      let pixels = 15
      var values = Buffer(random: channels * pixels, seed: 5, bound: 3).values
      for pixel in 0..<pixels {
        for channel in 0..<(channels / groups) { values[pixel * channels + channel] *= 1e28 }
      }
      let input = Buffer(values), scale = Buffer(random: channels, seed: 6), shift = Buffer(random: channels, seed: 7)
      func run(_ activation: Activation) -> [Float] {
        let output = Buffer(channels * pixels)
        let moments = Moments()
        let arguments = GroupNormalizationArguments(
          activation: activation,
          input: InputImages(base: input.input, count: 1, height: 3, width: 5, channels: channels),
          output: OutputImages(base: output.base, count: 1, height: 3, width: 5, channels: channels),
          groups: groups, epsilon: 1e-3, scale: scale.input, shift: shift.input, moments: moments.base)
        kernelSets[set].normalizeGroups(arguments)
        return output.values
      }
      let expected = run(.identity).map { activation.reference(Double($0)) }
      #expect(agree(run(activation), expected, tolerance: 1e-6), "\(kernelSets[set].name) \(channels) in \(groups)")
    }
  }

  @Test(arguments: kernelSets.indices) func normalizesGroups(set: Int) {
    let shapes =
      (1...20).map { ($0, $0, 3, 5) } + (1...20).map { ($0, 1, 3, 5) }
      + [(12, 4), (24, 2), (20, 10), (21, 3), (40, 8), (22, 2), (10, 2), (30, 5), (14, 2)].map { ($0.0, $0.1, 3, 5) }
      + smallSizes.flatMap { size in [(18, 1), (18, 3), (18, 9)].map { ($0.0, $0.1, size.0, size.1) } }
      // Of several parts.
      + [(24, 4, 61, 67), (17, 17, 71, 60), (1030, 10, 7, 11)]
    for (channels, groups, height, width) in shapes {
      let (images, stride, outputStride) = (2, channels + 2, channels + 1)
      let pixels = height * width
      let input = Buffer(random: images * pixels * stride - 2, seed: 5, bound: 2)
      let (scale, shift) = (Buffer(random: channels, seed: 6), Buffer(random: channels, seed: 7))
      let output = Buffer(images * pixels * outputStride - 1)
      let moments = Moments()
      let arguments = GroupNormalizationArguments(
        input: InputImages(
          base: input.input, count: images, height: height, width: width, channels: channels, pixelStride: stride),
        output: OutputImages(
          base: output.base, count: images, height: height, width: width, channels: channels,
          pixelStride: outputStride), groups: groups, epsilon: 1e-3, scale: scale.input, shift: shift.input,
        moments: moments.base)
      kernelSets[set].partMoments(arguments, parts: 0..<arguments.partCount)
      kernelSets[set].groupMoments(arguments, groups: 0..<arguments.groupCount)
      #expect(
        isIndependentOfRange(units: arguments.partCount, output: output) {
          kernelSets[set].groupNormalization(arguments, parts: $0)
        })
      var expected = output.values.map(Double.init)
      let size = channels / groups
      for image in 0..<images {
        for group in 0..<groups {
          let places = (0..<(pixels * size)).map { (image * pixels + $0 / size, group * size + $0 % size) }
          let normal = normalized(places.map { Double(input.base[$0.0 * stride + $0.1]) }, epsilon: 1e-3)
          for (value, (pixel, channel)) in zip(normal, places) {
            expected[pixel * outputStride + channel] = value * Double(scale.base[channel]) + Double(shift.base[channel])
          }
        }
      }
      #expect(agree(output.values, expected, tolerance: 5e-6), "\(kernelSets[set].name) \(channels) in \(groups)")
    }
  }

  @Test(arguments: kernelSets.indices) func normalizesInstances(set: Int) {
    for columns in Array(1...40) + [1000, 5000] {
      let (rows, channels) = (6, 3)
      let input = Buffer(random: rows * columns, seed: 9, bound: 3)
      let (scale, shift) = (Buffer(random: channels, seed: 10), Buffer(random: channels, seed: 11))
      let output = Buffer(rows * columns)
      let arguments = InstanceNormalizationArguments(
        input: input.input, output: output.base, channels: channels, columns: columns, epsilon: 1e-3,
        scale: scale.input, shift: shift.input)
      #expect(
        isIndependentOfRange(units: rows, output: output) { kernelSets[set].instanceNormalization(arguments, rows: $0) }
      )
      var expected: [Double] = []
      for row in 0..<rows {
        let values = input.values[(row * columns)..<((row + 1) * columns)].map(Double.init)
        let (scale, shift) = (Double(scale.base[row % channels]), Double(shift.base[row % channels]))
        expected += normalized(values, epsilon: 1e-3).map { $0 * scale + shift }
      }
      #expect(agree(output.values, expected, tolerance: 1e-6), "\(kernelSets[set].name) \(columns) columns")
    }
  }

  /// Rows whose mean is large compared with their spread, and rows whose squares overflow or underflow in single precision.
  private static let extremes: [(center: Float, spread: Float, epsilon: Float)] = [
    (1000, 0.01, 1e-5), (-1e6, 1, 1e-5), (3e4, 0.02, 0), (0, 1e30, 1e-5), (1e38, 1e37, 1e-5), (-3e38, 1e37, 1e-3),
    (0, 1e-25, 0), (1e-30, 1e-32, 0), (0, 1e-25, 1e-12), (7, 0, 1e-5), (1e6, 0, 1e-12),
  ]

  @Test(arguments: kernelSets.indices, extremes.indices) func normalizesExtremes(set: Int, extreme: Int) {
    let (center, spread, epsilon) = Self.extremes[extreme]
    for columns in [1, 5, 8, 37, 64, 1000, 20000] {
      let input = Buffer(Buffer(random: 2 * columns, seed: 12).values.map { center + $0 * spread })
      let ones = Buffer(Array(repeating: 1, count: columns)), zeros = Buffer(Array(repeating: 0, count: columns))
      let rows = [0..<columns, columns..<(2 * columns)]
      let expected = rows.flatMap { row in
        normalized(input.values[row].map(Double.init), epsilon: Double(epsilon))
      }
      func check(_ name: String, _ run: (UnsafeMutablePointer<Float>) -> Void) {
        let output = Buffer(2 * columns)
        run(output.base)
        #expect(
          agree(output.values, expected, tolerance: 2e-6),
          "\(name) \(kernelSets[set].name) \(columns) numbers around \(center) ± \(spread)")
      }
      check("layer") {
        kernelSets[set].layerNormalization(
          LayerNormalizationArguments(
            input: input.input, output: $0, rows: 2, columns: columns, epsilon: epsilon, scale: ones.input,
            shift: zeros.input), rows: 0..<2)
      }
      check("instance") {
        kernelSets[set].instanceNormalization(
          InstanceNormalizationArguments(
            input: input.input, output: $0, channels: 1, columns: columns, epsilon: epsilon, scale: ones.input,
            shift: zeros.input), rows: 0..<2)
      }
      for channels in [1, 2, 10, 40] where columns % channels == 0 {
        check("group of \(channels)") {
          let moments = Moments()
          kernelSets[set].normalizeGroups(
            GroupNormalizationArguments(
              input: InputImages(
                base: input.input, count: 2, height: 1, width: columns / channels, channels: channels,
                pixelStride: channels),
              output: OutputImages(
                base: $0, count: 2, height: 1, width: columns / channels, channels: channels, pixelStride: channels),
              groups: 1, epsilon: epsilon, scale: ones.input, shift: zeros.input, moments: moments.base))
        }
      }
    }
  }

  /// Several groups in one vector. The numbers of one of them are much larger.
  @Test(arguments: kernelSets.indices) func extremesInOneGroup(set: Int) {
    let (channels, pixels) = (8, 50)
    var values = Buffer(random: channels * pixels, seed: 13).values
    for pixel in 0..<pixels { values[pixel * channels + 5] *= 1e30 }
    let input = Buffer(values), ones = Buffer(Array(repeating: 1, count: channels))
    let zeros = Buffer(Array(repeating: 0, count: channels)), output = Buffer(channels * pixels)
    let moments = Moments()
    kernelSets[set].normalizeGroups(
      GroupNormalizationArguments(
        input: InputImages(
          base: input.input, count: 1, height: 1, width: pixels, channels: channels, pixelStride: channels),
        output: OutputImages(
          base: output.base, count: 1, height: 1, width: pixels, channels: channels, pixelStride: channels),
        groups: channels, epsilon: 1e-5, scale: ones.input, shift: zeros.input, moments: moments.base))
    var expected = output.values.map(Double.init)
    for channel in 0..<channels {
      let places = (0..<pixels).map { $0 * channels + channel }
      for (place, value) in zip(places, normalized(places.map { Double(values[$0]) }, epsilon: 1e-5)) {
        expected[place] = value
      }
    }
    #expect(agree(output.values, expected, tolerance: 1e-6))
  }

  private func normalized(_ values: [Double], epsilon: Double) -> [Double] {
    let near = values.reduce(0, +) / Double(values.count)
    let mean = near + values.map { $0 - near }.reduce(0, +) / Double(values.count)
    let variance = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count)
    return values.map { ($0 - mean) / (variance + epsilon).squareRoot() }
  }

  /// Numbers whose squares are out of range, next to ordinary ones.
  @Test(arguments: kernelSets.indices) func normalizesHugeResponses(set: Int) {
    let values: [Float] = [1, 2, 1e30, -3, 0.5, 4, 1e-3, 2e20, 3e19, -1e18, 5, 6, 7, -3e38, 2, 1, 0, 9, 8, 7]
    let shape = ElementwiseShape(images: 1, pixels: 2, channels: 10)
    for alpha in [0.5, 1e-4, 1e-30, 0] as [Float] {
      let input = Buffer(values), output = Buffer(20)
      let scratch = Buffer(LocalResponseNormalizationArguments.scratchCount(channels: 10, size: 3))
      kernelSets[set].localResponseNormalization(
        LocalResponseNormalizationArguments(
          shape: shape, input: ElementwiseInput(input.input, like: shape),
          output: ElementwiseOutput(output.base, like: shape), size: 3, alpha: alpha, beta: 0.75, bias: 2,
          scratch: scratch.base), pixels: 0..<2)
      #expect(scratch.isIntact && output.isIntact)
      for (index, result) in output.values.enumerated() {
        let (pixel, channel) = (index / 10, index % 10)
        let neighbors = values[(pixel * 10 + max(0, channel - 1))...(pixel * 10 + min(9, channel + 1))]
        let squares: Double = neighbors.reduce(0) { (sum: Double, value: Float) in sum + Double(value) * Double(value) }
        let expected = Double(values[index]) / pow(2 + Double(alpha) / 3 * squares, 0.75)
        #expect(
          abs(Double(result) - expected) <= 5e-5 * abs(expected) + 1e-30, "\(alpha) \(index): \(result), \(expected)")
      }
    }
  }

  @Test(arguments: kernelSets.indices, 1...20) func normalizesResponses(set: Int, channels: Int) {
    for size in 1...6 {
      let shape = ElementwiseShape(images: 2, pixels: 3, channels: channels)
      let (stride, outputStride) = (channels + 2, channels + 1)
      let input = Buffer(random: shape.unitCount * stride - 2, seed: 8, bound: 10)
      let output = Buffer(shape.unitCount * outputStride - 1)
      let scratch = Buffer(LocalResponseNormalizationArguments.scratchCount(channels: channels, size: size))
      let arguments = LocalResponseNormalizationArguments(
        shape: shape, input: ElementwiseInput(input.input, like: shape, pixelStride: stride),
        output: ElementwiseOutput(output.base, like: shape, pixelStride: outputStride), size: size, alpha: 0.5,
        beta: 0.75, bias: 2, scratch: scratch.base)
      #expect(
        isIndependentOfRange(units: shape.unitCount, output: output) {
          kernelSets[set].localResponseNormalization(arguments, pixels: $0)
        })
      #expect(scratch.isIntact)
      var expected = output.values.map(Double.init)
      for pixel in 0..<shape.unitCount {
        let values = (0..<channels).map { Double(input.base[pixel * stride + $0]) }
        for channel in 0..<channels {
          let first = max(0, channel - (size - 1) / 2)
          let last = min(channels - 1, channel + size / 2)
          let squares = values[first...last].map { $0 * $0 }.reduce(0, +)
          expected[pixel * outputStride + channel] = values[channel] / pow(2 + 0.5 / Double(size) * squares, 0.75)
        }
      }
      #expect(agree(output.values, expected, tolerance: 2e-6), "\(kernelSets[set].name) size \(size)")
    }
  }
}

/// Memory for the moments that the kernels of group normalization pass to each other.
private final class Moments {
  static let capacity = 1 << 15
  let base = UnsafeMutablePointer<Double>.allocate(capacity: capacity)

  init() { base.initialize(repeating: .nan, count: Self.capacity) }

  deinit { base.deallocate() }
}

extension PointwiseKernels {
  /// Normalizes the groups of all pictures.
  fileprivate static func normalizeGroups(_ arguments: GroupNormalizationArguments) {
    precondition(arguments.momentCount <= Moments.capacity)
    partMoments(arguments, parts: 0..<arguments.partCount)
    groupMoments(arguments, groups: 0..<arguments.groupCount)
    groupNormalization(arguments, parts: 0..<arguments.partCount)
  }
}

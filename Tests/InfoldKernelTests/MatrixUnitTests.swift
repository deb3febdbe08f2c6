import InfoldKernelInterface
import InfoldTensor
import Testing

/// Convolutions by a matrix unit, whose instructions are plain functions where the machine has no such unit.
@Suite struct MatrixUnitTests {
  typealias Shape = ConvolutionCase.Shape

  private static let forms: [BFloat16Factors] = [.rounded, .split]

  /// The bound on the error of a product, as a part of its magnitude: 2⁻⁸ for each rounded factor, or 2⁻¹⁷ for each split
  /// factor and 2⁻¹⁶ for the product of both rests.
  private static func bound(_ factors: BFloat16Factors) -> Double { factors == .rounded ? 0x1.02p-7 : 0x1p-15 }

  /// Weights packed for a matrix unit.
  private static func packed(
    _ kernels: any MatrixUnitKernels.Type, _ problem: ConvolutionCase, _ factors: BFloat16Factors
  ) -> (weights: Scratch, areSuitable: Bool) {
    let (taps, channels, outputs) = (problem.taps, problem.shape.channels, problem.shape.outputs)
    let count = kernels.packedCount(factors, taps: taps, channels: channels, columns: outputs)
    let packed = Scratch(byteCount: count * 4)
    let areSuitable = kernels.pack(
      PackArguments(
        source: problem.weights.input, taps: taps, channels: channels, tapStride: 1, channelStride: taps,
        columnStride: channels * taps, columnCount: outputs, columns: 0..<outputs, packed: packed.floats), factors)
    #expect(packed.isIntact)
    return (packed, areSuitable)
  }

  /// Computes a part of a convolution.
  /// - Returns: The positions that are left out.
  private static func run(
    _ kernels: any MatrixUnitKernels.Type, _ problem: ConvolutionCase, _ factors: BFloat16Factors, _ weights: Scratch,
    _ scratch: Scratch, _ pixels: Range<Int>, _ columns: Range<Int>
  ) -> Set<Int> {
    let limit = kernels.positionLimit(factors, taps: problem.taps, channels: problem.shape.channels)
    var left: Set<Int> = []
    for first in stride(from: pixels.lowerBound, to: pixels.upperBound, by: limit) {
      let part = first..<min(first + limit, pixels.upperBound)
      let skipped = kernels.convolve(
        ConvolutionArguments(
          window: problem.shape.window, input: problem.input, weights: weights.floats, output: problem.target,
          epilogue: problem.epilogue, pixels: part, columns: columns, scratch: scratch.base), factors)
      for index in 0..<64 where skipped >> UInt64(index) & 1 == 1 { left.insert(first + index) }
    }
    return left
  }

  private func check(_ kernels: any MatrixUnitKernels.Type, _ shape: Shape) {
    let problem = ConvolutionCase(shape), expected = problem.expectedResults(), magnitudes = problem.magnitudes()
    for factors in Self.forms {
      let (weights, areSuitable) = Self.packed(kernels, problem, factors)
      #expect(areSuitable)
      let scratch = Scratch(
        byteCount: kernels.convolutionScratch(factors, taps: problem.taps, channels: shape.channels))
      func run(_ pixels: Range<Int>, _ columns: Range<Int>) {
        #expect(Self.run(kernels, problem, factors, weights, scratch, pixels, columns).isEmpty)
      }
      #expect(
        isIndependentOfRange(units: problem.outputPixels, output: problem.output) { run($0, 0..<shape.outputs) },
        "\(kernels.name), \(factors), \(problem)")
      #expect(
        problem.isIndependentOfColumns(panelWidth: kernels.panelWidth) { run(0..<problem.outputPixels, $0) },
        "\(kernels.name), \(factors), \(problem)")
      #expect(scratch.isIntact)
      let results = problem.results
      for index in results.indices {
        // Activations move errors by at most 1.6 times, and have errors of their own.
        let allowed = 1.6 * (Self.bound(factors) + 0x1p-20) * magnitudes[index] + 1e-5
        let error = (Double(results[index]) - expected[index]).magnitude
        guard error <= allowed else {
          Issue.record("\(kernels.name), \(factors), \(problem): error \(error) at \(index), bound \(allowed)")
          return
        }
      }
    }
  }

  /// Every tail of positions, channels and columns.
  private static var products: [Shape] {
    var shapes: [Shape] = []
    for size in 1...70 {
      shapes.append(
        Shape(
          images: 1, height: 1, width: 1 + size * 3 % 40, channels: 1 + size * 7 % 41, outputs: size,
          epilogue: size % ConvolutionCase.epilogueCount))
      shapes.append(
        Shape(
          images: 1, height: 1, width: size, channels: 71 - size, outputs: 1 + size * 5 % 36,
          epilogue: size % ConvolutionCase.epilogueCount))
    }
    for epilogue in 0..<ConvolutionCase.epilogueCount {
      shapes.append(Shape(height: 5, width: 9, channels: 34, outputs: 35, epilogue: epilogue))
    }
    shapes.append(Shape(images: 1, height: 3, width: 50, channels: 33, outputs: 17))
    return shapes
  }

  private static var windows: [Shape] {
    var shapes: [Shape] = []
    for size in 2...4 {
      for step in 1...3 {
        let pad = size / 2
        shapes.append(
          Shape(
            height: 5 + size, width: 6 + step, channels: 11 * size + step, outputs: 9 * step + size,
            window: ImageWindow(height: size, width: size, strideY: step, strideX: step, padTop: pad, padLeft: pad),
            padBottom: pad, padRight: pad, epilogue: size + step))
      }
    }
    shapes.append(
      Shape(
        height: 9, width: 11, channels: 5, outputs: 20,
        window: ImageWindow(height: 3, width: 3, dilationY: 2, dilationX: 3, padTop: 2, padLeft: 3), padBottom: 2,
        padRight: 3, epilogue: 1))
    shapes.append(
      Shape(
        height: 4, width: 9, channels: 16, outputs: 16,
        window: ImageWindow(height: 1, width: 4, strideY: 2, strideX: 1, padLeft: 3), padRight: 1, epilogue: 3))
    for (height, width) in smallSizes {
      shapes.append(
        Shape(
          height: height, width: width, channels: 3 + width, outputs: 7 * height,
          window: ImageWindow(height: 3, width: 3, padTop: 1, padLeft: 1), padBottom: 1, padRight: 1,
          epilogue: height + width))
    }
    // As many positions as pixels, and other ones.
    shapes.append(
      Shape(
        height: 2, width: 7, channels: 4, outputs: 5, window: ImageWindow(height: 1, width: 1, padTop: 1, padLeft: -1),
        padBottom: -1, padRight: 1, epilogue: 2))
    return shapes
  }

  @Test(arguments: matrixUnitKernelSets.indices) func multipliesWithinBounds(set: Int) {
    for shape in Self.products { check(matrixUnitKernelSets[set], shape) }
  }

  @Test(arguments: matrixUnitKernelSets.indices) func convolvesWithinBounds(set: Int) {
    for shape in Self.windows { check(matrixUnitKernelSets[set], shape) }
  }

  /// Long sums of split factors are nearly as exact as those of float32 numbers. There are so many taps that fewer
  /// positions are computed at a time.
  @Test(arguments: matrixUnitKernelSets.indices) func longSums(set: Int) {
    let kernels = matrixUnitKernelSets[set]
    let shape = Shape(
      images: 1, height: 4, width: 11, channels: 400, outputs: 6,
      window: ImageWindow(height: 3, width: 3, padTop: 1, padLeft: 1), padBottom: 1, padRight: 1)
    #expect(kernels.positionLimit(.split, taps: 9, channels: 400) == 32)
    #expect(kernels.positionLimit(.rounded, taps: 1, channels: 400) == 64)
    let problem = ConvolutionCase(shape), expected = problem.expectedResults()
    let largest = expected.reduce(0) { max($0, $1.magnitude) }
    for (factors, tolerance) in [(BFloat16Factors.split, 1e-5), (.rounded, 1e-2)] {
      let (weights, _) = Self.packed(kernels, problem, factors)
      let scratch = Scratch(byteCount: kernels.convolutionScratch(factors, taps: 9, channels: 400))
      #expect(Self.run(kernels, problem, factors, weights, scratch, 0..<problem.outputPixels, 0..<6).isEmpty)
      let error = zip(problem.results, expected).reduce(0) { max($0, (Double($1.0) - $1.1).magnitude) }
      #expect(error <= tolerance * largest, "\(kernels.name), \(factors): \(error / largest)")
      // Less exact than float32, so that the tolerance means something.
      #expect(error >= tolerance * largest * 1e-3, "\(kernels.name), \(factors): \(error / largest)")
    }
  }
}

// Single numbers.
extension MatrixUnitTests {
  /// Multiplies rows of numbers by one column.
  private func products(
    _ kernels: any MatrixUnitKernels.Type, _ factors: BFloat16Factors, _ rows: [[Float]], by column: [Float]
  ) -> (results: [Float], left: Set<Int>, areSuitable: Bool) {
    let problem = ConvolutionCase(Shape(images: 1, height: 1, width: rows.count, channels: column.count, outputs: 1))
    for (index, row) in rows.enumerated() {
      for (channel, number) in row.enumerated() {
        problem.images.base[index * problem.input.pixelStride + channel] = number
      }
    }
    for (channel, number) in column.enumerated() { problem.weights.base[channel] = number }
    let (weights, areSuitable) = Self.packed(kernels, problem, factors)
    let scratch = Scratch(byteCount: kernels.convolutionScratch(factors, taps: 1, channels: column.count))
    let left = Self.run(kernels, problem, factors, weights, scratch, 0..<rows.count, 0..<1)
    return (problem.results, left, areSuitable)
  }

  @Test(arguments: matrixUnitKernelSets.indices) func roundsToNearest(set: Int) {
    var numbers: [Float] = [
      0, 1, -1, 1.00390625, 1.01171875, 0x1.01p0, 0x1.03p0, -0x1.01p0, 0x1.010002p0, 3e38, -1e-30, 0x1p-126,
      0x1.fffffep-126,
      .pi, 1e20, 0x1.fefffep127,
    ]
    var generator = SplitMix64(seed: 9)
    for _ in 0..<500 {
      let number = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
      if number.isNormal, number.magnitude < 0x1.ffp127 { numbers.append(number) }
    }
    let (results, left, _) = products(matrixUnitKernelSets[set], .rounded, numbers.map { [$0] }, by: [1])
    #expect(left.isEmpty)
    for (number, result) in zip(numbers, results) {
      #expect(result == Float(BFloat16(number)), "\(number) becomes \(result)")
    }
    // Both parts together are the number, with 16 bits or more.
    let (sums, _, _) = products(
      matrixUnitKernelSets[set], .split, numbers.filter { $0.magnitude < 0x1.ffp59 }.map { [$0] }, by: [1])
    for (number, sum) in zip(numbers.filter { $0.magnitude < 0x1.ffp59 }, sums) {
      #expect(
        (Double(sum) - Double(number)).magnitude <= 0x1p-17 * Double(number.magnitude) + 0x1p-126, "\(number), \(sum)")
    }
  }

  /// Finite factors stay finite, and infinities and NaN give what IEEE 754 defines.
  @Test(arguments: matrixUnitKernelSets.indices) func roundsSpecialNumbers(set: Int) {
    let huge = Float.greatestFiniteMagnitude
    let rows: [[Float]] = [
      [huge, 0], [-huge, 0], [.infinity, 1], [-.infinity, 1], [.nan, 1], [.infinity, -.infinity], [1, 1],
      [0x1p-130, 0],
    ]
    let (results, left, areSuitable) = products(matrixUnitKernelSets[set], .rounded, rows, by: [1, 0.5])
    #expect(areSuitable && left.isEmpty)
    #expect(results[0] == 0x1.fep127 && results[1] == -0x1.fep127)
    #expect(results[2] == .infinity && results[3] == -.infinity)
    #expect(results[4].isNaN && results[5].isNaN)
    #expect(results[6] == 1.5 && results[7] == 0)
    let zeros = products(matrixUnitKernelSets[set], .rounded, [[huge, huge], [.infinity, 0]], by: [0, 0]).results
    #expect(zeros[0] == 0 && zeros[1].isNaN)
    let infinite = products(matrixUnitKernelSets[set], .rounded, [[1, 2], [-1, 0]], by: [.infinity, 1])
    #expect(infinite.areSuitable && infinite.results == [.infinity, -.infinity])
  }

  /// Positions that read numbers that must not be split are left as they were, and all others are computed.
  @Test(arguments: matrixUnitKernelSets.indices) func leavesSpecialNumbers(set: Int) {
    let kernels = matrixUnitKernelSets[set]
    let rows: [[Float]] = [
      [1, 2], [.infinity, 1], [3, 4], [1, .nan], [0x1.ffp59, 0], [0x1.fefffep59, 0], [0, -.infinity], [5, 6],
    ]
    let (results, left, areSuitable) = products(kernels, .split, rows, by: [1, -1])
    #expect(areSuitable)
    #expect(left == [1, 3, 4, 6])
    for (index, row) in rows.enumerated() {
      #expect(results[index] == (left.contains(index) ? -12345.5 : row[0] - row[1]) || row[0] > 1e10, "\(index)")
    }
    for weight in [Float.infinity, .nan, 0x1.ffp59, -.infinity] {
      #expect(!products(kernels, .split, [[1, 1]], by: [1, weight]).areSuitable)
    }
  }

  /// A number that is not finite affects exactly the positions whose window contains it.
  @Test(arguments: matrixUnitKernelSets.indices) func keepsToTheWindow(set: Int) {
    let kernels = matrixUnitKernelSets[set]
    let shape = Shape(
      images: 1, height: 5, width: 6, channels: 34, outputs: 5,
      window: ImageWindow(height: 3, width: 3, padTop: 1, padLeft: 1), padBottom: 1, padRight: 1)
    let problem = ConvolutionCase(shape)
    problem.images.base[(2 * 6 + 0) * problem.input.pixelStride + 33] = .infinity
    for factors in Self.forms {
      let (weights, _) = Self.packed(kernels, problem, factors)
      let scratch = Scratch(byteCount: kernels.convolutionScratch(factors, taps: 9, channels: 34))
      let left = Self.run(kernels, problem, factors, weights, scratch, 0..<30, 0..<5)
      let readers: Set<Int> = [6, 7, 12, 13, 18, 19]
      #expect(left == (factors == .split ? readers : []))
      if factors == .rounded {
        for (index, result) in problem.results.enumerated() { #expect(result.isFinite != readers.contains(index / 5)) }
      }
    }
  }

  /// A matrix unit sums first and second numbers of pairs separately. Vector instructions add the products of the second
  /// and of the first number of each pair in turn. Each product is added with one rounding.
  @Test(arguments: matrixUnitKernelSets.indices) func sumsPairsInOrder(set: Int) {
    let kernels = matrixUnitKernelSets[set]
    let large: Float = 0x1p24
    let rows: [[Float]] = [
      [large, 0, 1, 0, 1, 0], [large, 1, 0, 1, 0, 0], [large, 0, -large, 0, 1, 0], [1, large, 1, -large, 1, 0.5],
    ]
    let (results, _, _) = products(kernels, .rounded, rows, by: [1, 1, 1, 1, 1, 1])
    #expect(results == (kernels.multipliesTiles ? [large, large + 2, 1, 3.5] : [large, large, 1, 2.5]))
  }

  /// Weights do not depend on how they are divided into parts, and the order of their elements does not matter.
  @Test(arguments: matrixUnitKernelSets.indices, [BFloat16Factors.rounded, .split])
  func packsInParts(set: Int, factors: BFloat16Factors) {
    let kernels = matrixUnitKernelSets[set]
    let (taps, channels, outputs) = (3, 37, 75)
    let source = Buffer(random: taps * channels * outputs, seed: 5)
    let count = kernels.packedCount(factors, taps: taps, channels: channels, columns: outputs)
    let whole = Scratch(byteCount: count * 4), parts = Scratch(byteCount: count * 4)
    func pack(_ columns: Range<Int>, _ target: Scratch) {
      _ = kernels.pack(
        PackArguments(
          source: source.input, taps: taps, channels: channels, tapStride: 1, channelStride: taps,
          columnStride: channels * taps, columnCount: outputs, columns: columns, packed: target.floats), factors)
    }
    pack(0..<outputs, whole)
    for first in [64, 0, 32] { pack(first..<min(first + 32, outputs), parts) }
    let same = (0..<count).allSatisfy { whole.floats[$0].bitPattern == parts.floats[$0].bitPattern }
    #expect(same && whole.isIntact && parts.isIntact)
  }

  /// Weights have the same packed form in any order in memory. Rows and columns that are contiguous have loops of their own.
  @Test(arguments: matrixUnitKernelSets.indices, [BFloat16Factors.rounded, .split])
  func packsInEveryOrder(set: Int, factors: BFloat16Factors) {
    let kernels = matrixUnitKernelSets[set]
    for (taps, channels, outputs) in [(1, 1, 1), (1, 37, 75), (2, 64, 32), (3, 33, 17), (1, 2, 40), (1, 95, 16)] {
      let count = taps * channels * outputs
      let source = Buffer(random: count, seed: 5), ordered = Buffer(random: count, seed: 6)
      for (place, number) in ([.nan, .infinity, 0x1p70, 0x1p-130, 0x1.fefffep127, -0x1.0101p3, -0.0] as [Float])
        .enumerated()
      where count > 100 {
        source.base[place * 11] = number
      }
      func packed(_ tapStride: Int, _ channelStride: Int, _ columnStride: Int) -> (weights: Scratch, isSuitable: Bool) {
        for tap in 0..<taps {
          for channel in 0..<channels {
            for column in 0..<outputs {
              ordered.base[tap * tapStride + channel * channelStride + column * columnStride] =
                source.base[(tap * channels + channel) * outputs + column]
            }
          }
        }
        let target = Scratch(
          byteCount: 4 * kernels.packedCount(factors, taps: taps, channels: channels, columns: outputs))
        let isSuitable = kernels.pack(
          PackArguments(
            source: ordered.input, taps: taps, channels: channels, tapStride: tapStride, channelStride: channelStride,
            columnStride: columnStride, columnCount: outputs, columns: 0..<outputs, packed: target.floats), factors)
        #expect(target.isIntact)
        return (target, isSuitable)
      }
      let elements = packed(channels * outputs, outputs, 1)
      let bytes = kernels.packedCount(factors, taps: taps, channels: channels, columns: outputs)
      for other in [packed(1, taps, channels * taps), packed(channels, 1, channels * taps)] {
        #expect(other.isSuitable == elements.isSuitable)
        let same = (0..<bytes).allSatisfy {
          other.weights.floats[$0].bitPattern == elements.weights.floats[$0].bitPattern
        }
        #expect(same, "\(kernels.name), \(factors), \(taps), \(channels), \(outputs)")
      }
    }
  }
}

import InfoldKernelInterface
import InfoldTensor
import Testing

/// Products of bytes by a matrix unit, whose instructions are plain functions where the machine has no such unit, compared bit by bit with
/// their definition and with vectors.
@Suite struct MatrixUnitByteTests {
  struct Shape {
    var images = 1
    var height = 1
    var width = 1
    var channels = 1
    var outputs = 1
    var window = ImageWindow(height: 1, width: 1)
    var padBottom = 0
    var padRight = 0
    /// The number of bytes between the channels of adjacent pixels, as in other groups.
    var gap = 0
    /// Whether all numbers are the largest or the smallest of their type, and sums begin near the end of their range.
    var isExtreme = false

    var taps: Int { window.height * window.width }
    var outputHeight: Int {
      (height + window.padTop + padBottom - window.dilationY * (window.height - 1) - 1) / window.strideY + 1
    }
    var outputWidth: Int {
      (width + window.padLeft + padRight - window.dilationX * (window.width - 1) - 1) / window.strideX + 1
    }
    var positions: Int { images * outputHeight * outputWidth }
    var isPossible: Bool {
      height + window.padTop + padBottom > window.dilationY * (window.height - 1)
        && width + window.padLeft + padRight > window.dilationX * (window.width - 1)
    }
  }

  /// The operands of a convolution, and its sums by definition.
  private final class Problem {
    let shape: Shape
    let input: ByteBuffer
    let weights: [Int8]
    let bias: [Int32]
    let multipliers: [Float]
    let bounds: ClosedRange<Float>
    let zeroPoint: Int32
    let padding: UInt8

    var pixelStride: Int { shape.channels + shape.gap }
    var outputStride: Int { shape.outputs + shape.gap }

    /// - Parameter fixed: The value of all inputs, and of all weights, without bias; `nil` for random ones.
    init(_ shape: Shape, seed: UInt64, fixed: (number: UInt8, weight: Int8)? = nil) {
      var random = SplitMix64(seed: seed)
      func byte() -> UInt8 {
        let number = UInt8(truncatingIfNeeded: random.next() >> 32)
        return shape.isExtreme ? (number < 128 ? 0 : 255) : number
      }
      self.shape = shape
      input = ByteBuffer(shape.images * shape.height * shape.width * (shape.channels + shape.gap) - shape.gap)
      for index in 0..<input.count { input.base[index] = fixed?.number ?? byte() }
      let inner = shape.taps * shape.channels
      weights = (0..<(shape.outputs * inner)).map { _ in fixed?.weight ?? Int8(bitPattern: byte() ^ 128) }
      bias = (0..<shape.outputs).map { _ in
        if fixed != nil { return 0 }
        return shape.isExtreme ? (byte() == 0 ? .min : .max) : Int32(truncatingIfNeeded: random.next() >> 32) >> 16
      }
      let scale = shape.isExtreme ? Float(1 << 30) : Float(100_000 * inner)
      multipliers = (0..<shape.outputs).map { _ in Float(1 + random.next() % 1000) / scale }
      zeroPoint = Int32(random.next() % 256)
      bounds = Float(Int32(random.next() % 20) - zeroPoint)...Float(255 - zeroPoint)
      padding = byte()
    }

    func expectedSums() -> [Int32] {
      let window = shape.window
      return (0..<shape.positions).flatMap { position in
        let (row, x) = position.quotientAndRemainder(dividingBy: shape.outputWidth)
        let (image, y) = row.quotientAndRemainder(dividingBy: shape.outputHeight)
        var sums = bias
        for tap in 0..<shape.taps {
          let (tapY, tapX) = tap.quotientAndRemainder(dividingBy: window.width)
          let inputY = y * window.strideY - window.padTop + tapY * window.dilationY
          let inputX = x * window.strideX - window.padLeft + tapX * window.dilationX
          let isInside = (0..<shape.height).contains(inputY) && (0..<shape.width).contains(inputX)
          let pixel = input.base + ((image * shape.height + inputY) * shape.width + inputX) * pixelStride
          for column in 0..<shape.outputs {
            for channel in 0..<shape.channels {
              let weight = weights[(column * shape.channels + channel) * shape.taps + tap]
              sums[column] &+= Int32(isInside ? pixel[channel] : padding) * Int32(weight)
            }
          }
        }
        return sums
      }
    }

    func requantized(_ sum: Int32, column: Int) -> UInt8 {
      let number = min(max(Float(sum) * multipliers[column], bounds.lowerBound), bounds.upperBound)
      return UInt8(Int32(number.rounded(.toNearestOrEven)) + zeroPoint)
    }
  }

  /// A problem with memory for one kernel set.
  private struct Run {
    let kernels: any ByteProductKernels.Type
    let problem: Problem
    let output: ByteBuffer
    private let packed, starts, factors, scratch, sumMemory: AlignedBytes

    private var shape: Shape { problem.shape }
    private var room: Int { (shape.outputs + 15) / 16 * 16 }

    init(_ kernels: any ByteProductKernels.Type, _ problem: Problem) {
      self.kernels = kernels
      self.problem = problem
      let shape = problem.shape, width = kernels.panelWidth
      output = ByteBuffer(shape.positions * problem.outputStride - shape.gap)
      let count = (shape.outputs + width - 1) / width * width
      (starts, factors) = (AlignedBytes(4 * count), AlignedBytes(4 * count))
      for column in 0..<shape.outputs {
        starts.bound(to: Int32.self)[column] = problem.bias[column]
        factors.bound(to: Float.self)[column] = problem.multipliers[column]
      }
      packed = AlignedBytes(
        kernels.packedByteCount(taps: shape.taps, channels: shape.channels, columns: shape.outputs))
      scratch = AlignedBytes(kernels.convolutionScratch(taps: shape.taps, channels: shape.channels))
      sumMemory = AlignedBytes(4 * shape.positions * ((shape.outputs + 15) / 16 * 16))
      let target = packed.bound(to: Int8.self)
      problem.weights.withUnsafeBufferPointer { weights in
        kernels.pack(
          BytePackArguments(
            source: weights.baseAddress!, taps: shape.taps, channels: shape.channels, tapStride: 1,
            channelStride: shape.taps, columnStride: shape.channels * shape.taps, columns: shape.outputs,
            packed: target))
      }
    }

    private func arguments(_ pixels: Range<Int>, _ columns: Range<Int>) -> ByteConvolutionArguments {
      ByteConvolutionArguments(
        window: shape.window,
        input: InputImages(
          base: problem.input.base, count: shape.images, height: shape.height, width: shape.width,
          channels: shape.channels, pixelStride: problem.pixelStride),
        padding: problem.padding, weights: packed.bound(to: Int8.self),
        output: OutputImages(
          base: output.base, count: shape.images, height: shape.outputHeight, width: shape.outputWidth,
          channels: shape.outputs, pixelStride: problem.outputStride),
        requantization: Requantization(
          bias: starts.bound(to: Int32.self), multipliers: factors.bound(to: Float.self),
          lower: problem.bounds.lowerBound, upper: problem.bounds.upperBound, zeroPoint: problem.zeroPoint),
        pixels: pixels, columns: columns, scratch: scratch.base)
    }

    func convolve(_ pixels: Range<Int>, _ columns: Range<Int>) { kernels.convolve(arguments(pixels, columns)) }

    /// The raw sums of all positions.
    func sums() -> [Int32] {
      var whole = arguments(0..<shape.positions, 0..<shape.outputs)
      whole.output.pixelStride = room
      whole.sums = sumMemory.bound(to: Int32.self)
      kernels.convolve(whole)
      return (0..<shape.positions).flatMap { position in
        (0..<shape.outputs).map { whole.sums![position * room + $0] }
      }
    }
  }

  private func check(_ kernels: any ByteProductKernels.Type, _ shape: Shape, seed: UInt64) {
    let problem = Problem(shape, seed: seed), run = Run(kernels, problem)
    #expect(
      isIndependentOfRange(units: shape.positions, output: run.output) { run.convolve($0, 0..<shape.outputs) },
      "\(kernels.name), \(shape)")
    #expect(
      isIndependentOfRange(units: shape.outputs, unit: kernels.panelWidth, output: run.output) {
        run.convolve(0..<shape.positions, $0)
      }, "\(kernels.name), \(shape)")
    let results = run.output.values, sums = run.sums(), expected = problem.expectedSums()
    #expect(run.output.values == results && run.output.isIntact && problem.input.isIntact, "\(kernels.name), \(shape)")
    #expect(sums == expected, "\(kernels.name), \(shape)")
    var quantized = [UInt8](repeating: 0xa5, count: results.count)
    for (index, sum) in expected.enumerated() {
      let (position, column) = index.quotientAndRemainder(dividingBy: shape.outputs)
      quantized[position * problem.outputStride + column] = problem.requantized(sum, column: column)
    }
    #expect(results == quantized, "\(kernels.name), \(shape)")
    for vectors in byteKernelSets {
      let other = Run(vectors, problem)
      other.convolve(0..<shape.positions, 0..<shape.outputs)
      #expect(other.output.values == results && other.sums() == sums, "\(kernels.name), \(vectors.name), \(shape)")
    }
  }

  /// Every tail of positions, channels and columns.
  private static var products: [Shape] {
    var shapes: [Shape] = []
    for size in 1...70 {
      shapes.append(
        Shape(
          width: 1 + size * 3 % 40, channels: 1 + size * 7 % 41, outputs: size, gap: size % 3, isExtreme: size % 5 == 0)
      )
      shapes.append(Shape(width: size, channels: 71 - size, outputs: 1 + size * 5 % 36, isExtreme: size % 7 == 0))
    }
    for channels in 60...140 {
      shapes.append(Shape(width: 1 + channels % 3, channels: channels, outputs: 1 + channels % 18, gap: channels % 4))
    }
    for channels in [4, 64, 1025] {
      shapes.append(Shape(images: 2, height: 3, width: 50, channels: channels, outputs: 17, isExtreme: channels > 64))
    }
    return shapes
  }

  private static var windows: [Shape] {
    var shapes: [Shape] = []
    for size in 2...4 {
      for step in 1...3 {
        for spread in 1...2 {
          let pad = size / 2
          shapes.append(
            Shape(
              images: 2, height: 6 + size, width: 17 + step, channels: 11 * size + step, outputs: 9 * step + size,
              window: ImageWindow(
                height: size, width: size, strideY: step, strideX: step, dilationY: spread, dilationX: spread,
                padTop: pad, padLeft: pad),
              padBottom: pad, padRight: pad, gap: step))
        }
      }
    }
    // Whole tiles of positions in one row of the result, and tiles in several rows and images.
    for width in [15, 16, 17, 31, 32, 33, 48] {
      shapes.append(
        Shape(
          images: 2, height: 3, width: width, channels: 20, outputs: 33,
          window: ImageWindow(height: 3, width: 3, padTop: 1, padLeft: 1), padBottom: 1, padRight: 1))
    }
    shapes.append(
      Shape(
        images: 2, height: 13, width: 13, channels: 36, outputs: 40,
        window: ImageWindow(height: 3, width: 3, padTop: 1, padLeft: 1), padBottom: 1, padRight: 1))
    shapes.append(
      Shape(
        images: 2, height: 4, width: 9, channels: 16, outputs: 16,
        window: ImageWindow(height: 1, width: 4, strideY: 2, strideX: 1, padLeft: 3), padRight: 1))
    for (height, width) in smallSizes {
      shapes.append(
        Shape(
          images: 2, height: height, width: width, channels: 3 + width, outputs: 7 * height,
          window: ImageWindow(height: 3, width: 3, padTop: 1, padLeft: 1), padBottom: 1, padRight: 1,
          isExtreme: width == 2))
    }
    // As many positions as pixels, and other ones.
    for pad in [-1, 1, 3] {
      shapes.append(
        Shape(
          images: 2, height: 3, width: 5, channels: 6, outputs: 19,
          window: ImageWindow(height: 1, width: 1, padTop: pad, padLeft: pad), padBottom: -pad, padRight: -pad))
    }
    return shapes
  }

  @Test(arguments: unitByteKernelSets.indices) func multipliesLikeTheDefinition(set: Int) {
    for (seed, shape) in Self.products.enumerated() { check(unitByteKernelSets[set], shape, seed: UInt64(seed)) }
  }

  @Test(arguments: unitByteKernelSets.indices) func convolvesLikeTheDefinition(set: Int) {
    for (seed, shape) in Self.windows.enumerated() { check(unitByteKernelSets[set], shape, seed: UInt64(seed)) }
  }

  /// So many products that fewer positions are computed at a time.
  @Test(arguments: unitByteKernelSets.indices, [(3, 520), (3, 1000), (1, 20_000)])
  func longSums(set: Int, sizes: (window: Int, channels: Int)) {
    let (size, channels) = sizes
    check(
      unitByteKernelSets[set],
      Shape(
        height: 7, width: 10, channels: channels, outputs: 6,
        window: ImageWindow(height: size, width: size, padTop: size / 2, padLeft: size / 2), padBottom: size / 2,
        padRight: size / 2, isExtreme: true), seed: 3)
  }

  @Test(arguments: unitByteKernelSets.indices, 0..<10) func randomShapes(set: Int, block: UInt64) {
    for seed in (block * 20)..<(block * 20 + 20) {
      var random = SplitMix64(seed: seed + 500)
      func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(random.next() >> 33) % range.count
      }
      var shape = Shape(
        images: number(1...2), height: number(1...9), width: number(1...20), channels: number(1...150),
        outputs: number(1...80))
      shape.window = ImageWindow(
        height: number(1...4), width: number(1...4), strideY: number(1...3), strideX: number(1...3),
        dilationY: number(1...2), dilationX: number(1...2), padTop: number(-1...3), padLeft: number(-1...3))
      (shape.padBottom, shape.padRight, shape.gap) = (number(-1...3), number(-1...3), number(0...5))
      shape.isExtreme = number(0...3) == 0
      if shape.isPossible { check(unitByteKernelSets[set], shape, seed: seed) }
    }
  }

  /// Each byte counts with its sign: the input's bytes are unsigned, and the weights' signed.
  @Test(arguments: unitByteKernelSets.indices) func signs(set: Int) {
    for (number, weight) in [(255, -128), (255, 127), (128, -128), (127, 127), (0, -128)] as [(UInt8, Int8)] {
      let problem = Problem(Shape(width: 17, channels: 5, outputs: 18), seed: 1, fixed: (number, weight))
      let run = Run(unitByteKernelSets[set], problem)
      #expect(run.sums().allSatisfy { $0 == 5 * Int32(number) * Int32(weight) }, "\(number) · \(weight)")
    }
  }
}

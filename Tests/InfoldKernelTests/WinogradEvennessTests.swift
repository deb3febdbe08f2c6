import Glibc
import InfoldKernelInterface
import InfoldTensor
import Testing

/// A number affects exactly the outputs that read it, although Winograd's algorithm mixes all numbers of a tile.
@Suite struct WinogradEvennessTests {
  private static func shape(
    _ height: Int = 13, _ width: Int = 11, channels: Int = 19, outputs: Int = 9, images: Int = 1, epilogue: Int = 0
  ) -> ConvolutionCase.Shape {
    ConvolutionCase.Shape(
      images: images, height: height, width: width, channels: channels, outputs: outputs,
      window: ImageWindow(height: 3, width: 3, padTop: 1, padLeft: 1), padBottom: 1, padRight: 1, epilogue: epilogue)
  }

  /// The index of a number in the images.
  private static func place(_ problem: ConvolutionCase, _ y: Int, _ x: Int, channel: Int) -> Int {
    (y * problem.shape.width + x) * problem.input.pixelStride + channel
  }

  /// Calls `body` with the index of each output of the first image in the results, and whether it reads the pixel.
  private static func forEachOutput(
    _ problem: ConvolutionCase, reading pixel: (y: Int, x: Int), _ body: (Int, Bool) -> Void
  ) {
    for y in 0..<problem.outputHeight {
      for x in 0..<problem.outputWidth {
        let isReading = abs(y - pixel.y) <= 1 && abs(x - pixel.x) <= 1
        for column in 0..<problem.shape.outputs {
          body((y * problem.outputWidth + x) * problem.target.pixelStride + column, isReading)
        }
      }
    }
  }

  private static let numbers: [Float] = [.nan, .infinity, -.infinity, 3e38, -1e37, 1e20, 1e6, 1e4]
  private static let pixels = [(0, 0), (5, 4), (12, 10), (6, 5), (3, 7), (7, 6), (12, 0), (4, 3)]

  @Test(arguments: convolutionKernelSets.indices, [2, 4, 6]) func oneNumber(set: Int, tile: Int) {
    for (index, number) in Self.numbers.enumerated() {
      for turn in 0..<2 {
        let pixel = Self.pixels[(index + 3 * turn) % Self.pixels.count]
        // Among the channels that fill vectors, and among the remaining ones.
        let channel = [0, 18, 7, 16][(index + turn) % 4]
        let problem = ConvolutionCase(Self.shape(epilogue: [0, 1, 3, 4][(index / 2 + turn) % 4]))
        problem.images.base[Self.place(problem, pixel.0, pixel.1, channel: channel)] = number
        let winograd = WinogradCase(convolutionKernelSets[set], tile: tile, problem)
        let comment = "\(winograd): \(number) at \(pixel)"
        #expect(
          isIndependentOfRange(units: winograd.tiles, output: problem.output) { winograd.run(tiles: $0) }, "\(comment)")
        let expected = problem.expected(), results = problem.output.values
        var wrong = 0
        Self.forEachOutput(problem, reading: pixel) { place, isReading in
          let result = Double(results[place]), expected = expected[place]
          let tolerance = isReading && number.isFinite ? 1e-5 * Double(abs(number)) : 1e-4
          let agrees =
            expected.isNaN ? result.isNaN : result == expected || abs(result - expected) <= tolerance
          if !agrees { wrong += 1 }
        }
        #expect(wrong == 0, "\(comment): \(wrong) outputs")
        #expect(winograd.isIntact, "\(comment)")
      }
    }
  }

  /// Output channels in parts, with more of them than the kernel computes at a time.
  @Test(arguments: convolutionKernelSets.indices, [2, 4, 6]) func columns(set: Int, tile: Int) {
    let problem = ConvolutionCase(Self.shape(channels: 5, outputs: 150, images: 2, epilogue: 6))
    problem.images.base[Self.place(problem, 6, 5, channel: 3)] = .infinity
    problem.images.base[Self.place(problem, 17, 2, channel: 0)] = 1e9
    let winograd = WinogradCase(convolutionKernelSets[set], tile: tile, problem)
    #expect(
      problem.isIndependentOfColumns(panelWidth: convolutionKernelSets[set].panelWidth) { winograd.run(columns: $0) })
    #expect(winograd.isIntact)
  }

  /// The errors of outputs that do not read a large number, whatever its size and position in a tile, are at most 100 times those of a
  /// direct convolution.
  @Test(arguments: convolutionKernelSets.indices, [2, 4, 6]) func errors(set: Int, tile: Int) {
    for channels in [16, 40] {
      let problem = ConvolutionCase(Self.shape(12, 12, channels: channels, outputs: 16))
      let winograd = WinogradCase(convolutionKernelSets[set], tile: tile, problem)
      let expected = problem.expected()
      winograd.runDirectly()
      let direct = zip(problem.output.values, expected).map { abs(Double($0) - $1) }.max()!
      var worst = 0.0
      for y in [3, 5, 6, 8, 10] {
        for x in [4, 6, 7, 9] {
          let place = Self.place(problem, y, x, channel: 1)
          let number = problem.images.base[place]
          for exponent in [0, 1, 1.5, 2, 2.25, 2.5, 2.75, 3, 4, 6, 10, 20, 38] {
            problem.images.base[place] = Float(pow(10, exponent))
            winograd.run()
            let results = problem.output.values
            Self.forEachOutput(problem, reading: (y, x)) { place, isReading in
              if !isReading { worst = max(worst, abs(Double(results[place]) - expected[place])) }
            }
          }
          problem.images.base[place] = number
        }
      }
      #expect(worst <= 100 * direct, "\(winograd): \(worst / direct)")
    }
  }

  /// The right half of a picture has values a million times as large as the left half.
  @Test(arguments: convolutionKernelSets.indices, [2, 4, 6]) func strongHalf(set: Int, tile: Int) {
    for firstStrong in 4...8 {
      let problem = ConvolutionCase(Self.shape())
      for y in 0..<13 {
        for x in firstStrong..<11 {
          for channel in 0..<19 { problem.images.base[Self.place(problem, y, x, channel: channel)] *= 1e6 }
        }
      }
      let winograd = WinogradCase(convolutionKernelSets[set], tile: tile, problem)
      winograd.run()
      let expected = problem.expected(), results = problem.output.values
      for y in 0..<13 {
        for x in 0..<(firstStrong - 1) {
          let place = (y * 11 + x) * problem.target.pixelStride
          #expect(abs(Double(results[place]) - expected[place]) < 1e-4, "\(winograd), \(firstStrong): \(y) \(x)")
        }
      }
    }
  }

  /// Outputs that read only zeros equal the bias exactly.
  @Test(arguments: convolutionKernelSets.indices, [2, 4, 6]) func aNumberAmongZeros(set: Int, tile: Int) {
    let problem = ConvolutionCase(Self.shape(epilogue: 2))
    for index in 0..<problem.images.count { problem.images.base[index] = 0 }
    problem.images.base[Self.place(problem, 6, 5, channel: 2)] = 1
    let winograd = WinogradCase(convolutionKernelSets[set], tile: tile, problem)
    winograd.run()
    let expected = problem.expected(), results = problem.output.values
    Self.forEachOutput(problem, reading: (6, 5)) { place, isReading in
      if !isReading { #expect(results[place] == Float(expected[place]), "\(winograd)") }
    }
  }

  /// With a large number in every tile, results have the same bits as a direct convolution; also if all numbers are so large that the
  /// transformation would overflow.
  @Test(arguments: convolutionKernelSets.indices, [4, 6]) func unevenTiles(set: Int, tile: Int) {
    for isHuge in [false, true] {
      let problem = ConvolutionCase(Self.shape(images: 2, epilogue: 3))
      if isHuge {
        for index in 0..<problem.images.count { problem.images.base[index] *= 1e35 }
      } else {
        for y in stride(from: 1, to: 26, by: 2) {
          for x in stride(from: 1, to: 11, by: 2) {
            problem.images.base[Self.place(problem, y, x, channel: y % 19)] = 1e25
          }
        }
      }
      let winograd = WinogradCase(convolutionKernelSets[set], tile: tile, problem)
      winograd.run()
      let results = problem.output.values
      winograd.runDirectly()
      #expect(results.map(\.bitPattern) == problem.output.values.map(\.bitPattern), "\(winograd)")
      #expect(!results.contains { !$0.isFinite })
    }
  }

  /// Ordinary pictures are transformed: noise, noise after a Relu, and pictures without edges.
  @Test(arguments: convolutionKernelSets.indices, [4, 6]) func evenTiles(set: Int, tile: Int) {
    let fillings: [(String, (Float, Int) -> Float)] = [
      ("noise", { x, _ in x }), ("Relu", { x, _ in max(x, 0) }), ("few", { x, _ in max(x - 0.5, 0) }),
      ("smooth", { x, index in 1 + Float(index) * 1e-4 + 0.01 * x }), ("large", { x, _ in 1e12 * x }),
      ("small", { x, _ in 1e-12 * x }), ("constant", { _, _ in 3 }),
    ]
    for (name, filling) in fillings {
      let problem = ConvolutionCase(Self.shape(24, 24, channels: 24, outputs: 8))
      for index in 0..<problem.images.count {
        problem.images.base[index] = filling(problem.images.base[index], index)
      }
      let winograd = WinogradCase(convolutionKernelSets[set], tile: tile, problem)
      winograd.run()
      let results = problem.output.values
      winograd.runDirectly()
      let direct = problem.output.values
      // If a tile is computed directly, all of its results have the same bits as a direct convolution.
      var uneven = 0
      for top in stride(from: 0, to: 24, by: tile) {
        for left in stride(from: 0, to: 24, by: tile) {
          let places = (0..<(tile * tile * 8)).map { index in
            let pixel = (top + index / 8 / tile) * 24 + left + index / 8 % tile
            return pixel * problem.target.pixelStride + index % 8
          }
          if places.allSatisfy({ results[$0].bitPattern == direct[$0].bitPattern }) { uneven += 1 }
        }
      }
      #expect(uneven == 0, "\(winograd), \(name)")
    }
  }

  @Test(arguments: convolutionKernelSets.indices, [2, 4, 6]) func weights(set: Int, tile: Int) {
    for (number, isSuitable) in [
      (.nan, false), (-.infinity, false), (3e38, false), (-1e10, false), (1e6, true), (0x1p-133, true),
    ]
      as [(Float, Bool)]
    {
      let problem = ConvolutionCase(Self.shape(3, 3, channels: 5, outputs: 5))
      problem.weights.base[130] = number
      #expect(
        WinogradCase(convolutionKernelSets[set], tile: tile, problem).areWeightsSuitable == isSuitable,
        "\(tile), \(number)")
    }
  }
}

import InfoldKernelInterface
import InfoldTensor
import Testing

@Suite struct WinogradTests {
  typealias Shape = ConvolutionCase.Shape

  private static var shapes: [Shape] {
    var shapes: [Shape] = []
    func add(
      _ height: Int, _ width: Int, _ channels: Int, _ outputs: Int, images: Int = 1,
      pads: (Int, Int, Int, Int) = (1, 1, 1, 1)
    ) {
      shapes.append(
        Shape(
          images: images, height: height, width: width, channels: channels, outputs: outputs,
          window: ImageWindow(height: 3, width: 3, padTop: pads.0, padLeft: pads.1), padBottom: pads.2,
          padRight: pads.3, epilogue: shapes.count % ConvolutionCase.epilogueCount))
    }
    for size in 1...14 { add(size, 15 - size, 3 + size, 20 - size) }
    for channels in 1...18 { add(7, 6, channels, 4) }
    for outputs in 1...40 { add(5, 6, 4, outputs) }
    add(3, 3, 5, 5, pads: (0, 0, 0, 0))
    add(9, 8, 5, 6, images: 3, pads: (2, 0, 1, 2))
    for _ in 0..<ConvolutionCase.epilogueCount { add(12, 12, 9, 19, images: 2) }
    for (height, width) in smallSizes {
      add(height, width, 5, 9, images: 2)
      add(height, width, 17, 20, pads: (2, 2, 2, 2))
    }
    // More tiles than one block.
    add(31, 27, 3, 5)
    // More output channels than the kernel computes at a time.
    add(6, 6, 8, 100)
    return shapes
  }

  @Test(arguments: convolutionKernelSets.indices, [2, 4, 6]) func convolvesLikeTheDefinition(set: Int, tile: Int) {
    let kernels = convolutionKernelSets[set]
    for shape in Self.shapes {
      let problem = ConvolutionCase(shape)
      let winograd = WinogradCase(kernels, tile: tile, problem)
      #expect(
        isIndependentOfRange(units: winograd.tiles, output: problem.output) { winograd.run(tiles: $0) }, "\(winograd)")
      #expect(
        problem.isIndependentOfColumns(panelWidth: kernels.panelWidth) { winograd.run(columns: $0) }, "\(winograd)")
      #expect(
        agree(problem.output.values, problem.expected(), tolerance: tile == 6 ? 1e-4 : 2e-5), "\(winograd)")
      #expect(winograd.areWeightsSuitable && winograd.isIntact, "\(winograd)")
    }
  }

  /// Errors with many channels, relative to the largest number of the output. The interpolation points were chosen to minimize them.
  @Test(arguments: convolutionKernelSets.indices, [(2, 1.5e-6), (4, 3e-6), (6, 2.5e-5)])
  func staysAccurateOverManyChannels(set: Int, accuracy: (tile: Int, bound: Double)) {
    let kernels = convolutionKernelSets[set]
    let tile = accuracy.tile
    let shape = Shape(
      images: 1, height: 12, width: 12, channels: 128, outputs: 8,
      window: ImageWindow(height: 3, width: 3, padTop: 1, padLeft: 1), padBottom: 1, padRight: 1)
    let problem = ConvolutionCase(shape)
    WinogradCase(kernels, tile: tile, problem).run()
    let expected = problem.expected()
    let errors = zip(problem.output.values, expected).map { abs(Double($0) - $1) }
    let pixels = expected.filter { $0 != -12345.5 }
    let largest = pixels.map(abs).max()!
    #expect(errors.max()! < accuracy.bound * largest, "\(kernels.name) \(errors.max()! / largest)")
  }
}

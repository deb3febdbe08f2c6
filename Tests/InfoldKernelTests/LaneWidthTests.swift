import InfoldKernelInterface
import Testing

/// Wide and narrow vectors give the same bits, so that plans may choose either for lane-by-lane computations.
@Suite struct LaneWidthTests {
  /// The sets with fused multiply-add. Debug builds have one of them.
  static let fused = lanewiseKernelSets.filter { $0.vectorWidth >= 8 }

  @Test(.enabled(if: fused.count > 1), arguments: 0...UnaryFunction.mish.rawValue) func widthKeepsTheBitsOfFunctions(
    function: UInt8
  ) {
    let input = Buffer(random: 5003, seed: 3, bound: 30), shape = ElementwiseShape(pixels: 5003)
    expectSameBits(input.count, "\(UnaryFunction(rawValue: function)!)") { kernels, output in
      kernels.unary(
        UnaryArguments(
          UnaryFunction(rawValue: function)!, alpha: 0.3, beta: 1.5, shape: shape,
          input: ElementwiseInput(input.input, like: shape), output: ElementwiseOutput(output, like: shape)),
        pixels: 0..<input.count)
    }
  }

  @Test(
    .enabled(if: fused.count > 1), arguments: [PoolOperation.maximum, .average, .averageIncludingPadding],
    [(2, 2), (3, 1), (3, 2), (5, 1)])
  func widthKeepsTheBitsOfPools(operation: PoolOperation, window: (size: Int, stride: Int)) {
    let (height, width, pad) = (20, 31, window.size / 2)
    let (rows, columns) = (
      (height + 2 * pad - window.size) / window.stride + 1, (width + 2 * pad - window.size) / window.stride + 1
    )
    for channels in LanewiseTests.channelCounts {
      let input = Buffer(random: height * width * channels, seed: 4)
      expectSameBits(rows * columns * channels, "\(operation) \(window) \(channels) channels") { kernels, output in
        kernels.pool(
          PoolArguments(
            input: InputImages(base: input.input, count: 1, height: height, width: width, channels: channels),
            output: OutputImages(base: output, count: 1, height: rows, width: columns, channels: channels),
            window: ImageWindow(
              height: window.size, width: window.size, strideY: window.stride, strideX: window.stride, padTop: pad,
              padLeft: pad),
            operation: operation, padBottom: pad, padRight: pad),
          rows: 0..<rows)
      }
    }
  }

  private func expectSameBits(
    _ count: Int, _ name: String, _ run: (any LanewiseKernels.Type, UnsafeMutablePointer<Float>) -> Void
  ) {
    let results = Self.fused.map { kernels in
      let output = Buffer(count)
      run(kernels, output.base)
      #expect(output.isIntact)
      return output.values.map(\.bitPattern)
    }
    for other in results.dropFirst() { #expect(other == results[0], "\(name)") }
  }
}

import Benchmark
import InfoldKernelInterface

/// Benchmarks of every kernel with layer sizes of well-known networks, on one thread, with each
/// kernel set that this machine supports.
let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(metrics: [.wallClock, .throughput], maxDuration: .seconds(2))
  for kernels in convolutionKernelSets {
    for (rows, inner, columns) in [(196, 1024, 256), (3136, 64, 64), (12544, 16, 96), (49, 320, 1280)] {
      register("product \(rows)×\(inner)×\(columns)", kernels) {
        ConvolutionSubject(kernels, height: rows, width: 1, channels: inner, outputs: columns, window: 1)
      }
    }
    for (side, channels) in [(56, 64), (28, 128), (14, 256), (7, 512)] {
      let layer = "3×3 \(side)×\(side)×\(channels)"
      register("\(layer) direct", kernels) {
        ConvolutionSubject(kernels, height: side, width: side, channels: channels, outputs: channels, window: 3)
      }
      for tile in [2, 4, 6] {
        register("\(layer) Winograd \(tile)×\(tile)", kernels) {
          WinogradSubject(kernels, tile: tile, side: side, channels: channels)
        }
      }
    }
    for (side, channels, window, stride) in [(112, 32, 3, 1), (112, 96, 3, 2), (28, 240, 5, 1), (7, 1152, 5, 1)] {
      register("depthwise \(window)×\(window) stride \(stride) \(side)×\(side)×\(channels)", kernels) {
        DepthwiseSubject(kernels, side: side, channels: channels, window: window, stride: stride)
      }
    }
    for (side, count, inputs, outputs, window, stride) in [
      (56, 96, 1, 1, 7, 1), (64, 48, 1, 2, 7, 2), (56, 32, 4, 4, 3, 1),
    ] {
      register(
        "\(count) groups of \(inputs) to \(outputs), \(window)×\(window) stride \(stride) \(side)×\(side)", kernels
      ) {
        GroupedSubject(
          kernels, side: side, groups: ChannelGroups(count: count, inputs: inputs, outputs: outputs), window: window,
          stride: stride)
      }
    }
  }
  for kernels in kernelSets {
    for (name, operation) in [("maximum", PoolOperation.maximum), ("average", .average)] {
      register("\(name) pool 3×3 stride 2 112×112×64", kernels) {
        PoolSubject(kernels, side: 112, channels: 64, window: 3, stride: 2, operation: operation)
      }
    }
    register("global average pool 7×7×1280", kernels) { GlobalPoolSubject(kernels, side: 7, channels: 1280) }
    register("softmax 1×1000", kernels) { SoftmaxSubject(kernels, rows: 1, columns: 1000) }
    register("softmax 196×256", kernels) { SoftmaxSubject(kernels, rows: 196, columns: 256) }
  }
}

private func register(_ name: String, _ kernels: any ConvolutionKernels.Type, _ subject: @escaping () -> some Subject) {
  Benchmark("\(kernels.name) \(name)") { benchmark, subject in
    for _ in benchmark.scaledIterations { subject.run() }
  } setup: {
    subject()
  }
}

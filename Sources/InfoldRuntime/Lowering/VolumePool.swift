import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// A pool over three spatial dimensions: over the last two of every slice, and then over the first. Maxima of maxima are maxima, and means of
/// means are means, since a window has as many elements in each of its slices.
struct VolumePool {
  /// A pool over two dimensions that makes a part of the result.
  struct Pass {
    var input: ImageShape
    var output: ImageShape
    var window: ImageWindow
    var padBottom: Int
    var padRight = 0

    /// Whether the result is what the pool reads.
    var isIdentity: Bool {
      input == output && window.height == 1 && window.width == 1 && window.padTop == 0 && window.padLeft == 0
    }
  }

  /// One or two.
  let passes: [Pass]

  /// - Parameter sizes: The sizes of a value that the kernels take; `nil` for another one.
  init?(_ node: Node, _ window: SlidingWindow, _ sizes: (ValueID?) -> [Int]?) {
    guard let x = sizes(node.inputs[0]), let y = sizes(node.outputs[0]),
      let extents = try? window.extents(x[2...])
    else { return nil }
    let slices = Pass(
      input: ImageShape([x[0] * x[2], x[1], x[3], x[4]])!, output: ImageShape([x[0] * x[2], x[1], y[3], y[4]])!,
      window: ImageWindow(
        height: window.kernel[1], width: window.kernel[2], strideY: window.strides[1], strideX: window.strides[2],
        dilationY: window.dilations[1], dilationX: window.dilations[2], padTop: extents[1].padBefore,
        padLeft: extents[2].padBefore),
      padBottom: extents[1].padAfter, padRight: extents[2].padAfter)
    let depth = Pass(
      input: ImageShape([x[0], x[1], x[2], y[3] * y[4]])!, output: ImageShape([x[0], x[1], y[2], y[3] * y[4]])!,
      window: ImageWindow(
        height: window.kernel[0], width: 1, strideY: window.strides[0], dilationY: window.dilations[0],
        padTop: extents[0].padBefore),
      padBottom: extents[0].padAfter)
    passes = depth.isIdentity ? [slices] : slices.isIdentity ? [depth] : [slices, depth]
  }
}

extension PlanBuilder {
  /// The pool of a value [N, C, D, H, W].
  mutating func emitVolumePool(
    _ fused: FusedNode, _ window: SlidingWindow, _ operation: PoolOperation
  ) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let pool = VolumePool(fused.node, window, sizes) else {
      return false
    }
    var source = try location(of: x, .channelsLast)
    let result = define(y, .channelsLast)
    for (index, pass) in pool.passes.enumerated() {
      let target =
        index == pool.passes.count - 1
        ? result : temporary([pass.output.images, pass.output.channels, pass.output.pixels], .float32, .channelsLast)
      let step = PoolStep(
        kernels: poolKernels(channels: pass.input.channels), image: pass.input, result: pass.output,
        window: pass.window, operation: operation, padBottom: pass.padBottom, padRight: pass.padRight, input: source,
        output: target)
      emit(step, "pool", reads: [source], writes: [target])
      source = target
    }
    return true
  }
}

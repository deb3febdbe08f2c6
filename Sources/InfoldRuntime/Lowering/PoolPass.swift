import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// A two-dimensional pooling: a whole pooling operator, or one pass of a three-dimensional one.
struct PoolPass {
  var input: ImageShape
  var output: ImageShape
  var window: ImageWindow
  var padBottom: Int
  var padRight = 0

  var taps: Int { saturatedProduct(window.height, window.width) }

  /// Whether the result equals the input.
  var isIdentity: Bool {
    input == output && window.height == 1 && window.width == 1 && window.padTop == 0 && window.padLeft == 0
  }

  /// Whether the window covers the whole image.
  var isGlobal: Bool {
    output.pixels == 1 && window.padTop == 0 && window.padLeft == 0 && window.height == input.height
      && window.width == input.width && window.dilationY == 1 && window.dilationX == 1
  }
}

extension PoolPass {
  /// Returns one pass, or two for three spatial axes.
  ///
  /// - Parameter sizes: Returns the sizes of a value that the kernels support, or `nil`.
  static func passes(_ node: Node, _ window: SlidingWindow, _ sizes: (ValueID?) -> [Int]?) -> [PoolPass]? {
    if window.rank == 3 { return ofVolumes(node, window, sizes) }
    guard let images = WindowedImages(node, sizes), let extents = try? window.extents(images.inputSizes) else {
      return nil
    }
    return [
      PoolPass(
        input: images.input, output: images.output, window: ImageWindow(window, extents),
        padBottom: extents.count > 1 ? extents[0].padAfter : 0, padRight: extents.last!.padAfter)
    ]
  }

  /// Divides a pooling over three spatial axes into one over the last two axes of every slice, and
  /// one over the first axis. Maxima of maxima are maxima. Means of means are means, because each
  /// window has the same number of elements in each of its slices.
  private static func ofVolumes(
    _ node: Node, _ window: SlidingWindow, _ sizes: (ValueID?) -> [Int]?
  ) -> [PoolPass]? {
    guard let x = sizes(node.inputs[0]), let y = sizes(node.outputs[0]),
      let extents = try? window.extents(x[2...])
    else { return nil }
    let slices = PoolPass(
      input: ImageShape([x[0] * x[2], x[1], x[3], x[4]])!, output: ImageShape([x[0] * x[2], x[1], y[3], y[4]])!,
      window: ImageWindow(
        height: window.kernel[1], width: window.kernel[2], strideY: window.strides[1], strideX: window.strides[2],
        dilationY: window.dilations[1], dilationX: window.dilations[2], padTop: extents[1].padBefore,
        padLeft: extents[2].padBefore),
      padBottom: extents[1].padAfter, padRight: extents[2].padAfter)
    let depth = PoolPass(
      input: ImageShape([x[0], x[1], x[2], y[3] * y[4]])!, output: ImageShape([x[0], x[1], y[2], y[3] * y[4]])!,
      window: ImageWindow(
        height: window.kernel[0], width: 1, strideY: window.strides[0], dilationY: window.dilations[0],
        padTop: extents[0].padBefore),
      padBottom: extents[0].padAfter)
    return depth.isIdentity ? [slices] : slices.isIdentity ? [depth] : [slices, depth]
  }
}

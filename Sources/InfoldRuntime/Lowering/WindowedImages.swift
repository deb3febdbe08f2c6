import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldTensor

/// The input and output images of a node with a window.
struct WindowedImages {
  let input: ImageShape
  let output: ImageShape
  /// The sizes of the one or two axes over which the window moves.
  let inputSizes: [Int]
  let outputSizes: [Int]

  /// - Parameter sizes: Returns the sizes of a value that the kernels support, or `nil`.
  init?(_ node: Node, _ sizes: (ValueID?) -> [Int]?) {
    guard let x = sizes(node.inputs[0]), let y = sizes(node.outputs[0]), x.count <= 4, let input = ImageShape(x),
      let output = ImageShape(y)
    else { return nil }
    (self.input, self.output) = (input, output)
    (inputSizes, outputSizes) = (Array(x[2...]), Array(y[2...]))
  }
}

/// The constants of a convolution of floats, in either direction.
struct ConvolutionParameters {
  let weight: Tensor
  /// The bias [M].
  let bias: Tensor?

  init?(_ node: Node, _ plan: PlanBuilder) {
    guard let weight = plan.constant(node.inputs[1]) else { return nil }
    self.weight = weight
    guard node.inputs.count > 2, let id = node.inputs[2] else {
      bias = nil
      return
    }
    guard let bias = plan.constant(id) else { return nil }
    self.bias = bias
  }

  /// The sizes of the window.
  var kernel: [Int] { Array(weight.shape[2...]) }
}

extension ImageWindow {
  /// Creates a window over one or two axes, or over the last two of three.
  init(_ window: SlidingWindow, _ extents: [SlidingWindow.Extent]) {
    let isFlat = window.rank == 1, row = window.rank - 2
    self.init(
      height: isFlat ? 1 : window.kernel[row], width: window.kernel.last!, strideY: isFlat ? 1 : window.strides[row],
      strideX: window.strides.last!, dilationY: isFlat ? 1 : window.dilations[row], dilationX: window.dilations.last!,
      padTop: isFlat ? 0 : extents[row].padBefore, padLeft: extents.last!.padBefore)
  }
}

extension ImageShape {
  /// Returns the images at `location` for a kernel that reads them. `base` is the address of the
  /// first element.
  func input<Element>(_ base: UnsafePointer<Element>, _ location: Location) -> InputImages<Element> {
    placed(at: base, location)
  }

  /// Returns the images at `location` for a kernel that writes them.
  func output<Element>(_ base: UnsafeMutablePointer<Element>, _ location: Location) -> OutputImages<Element> {
    placed(at: base, location)
  }

  private func placed<Base>(at base: Base, _ location: Location) -> Images<Base> {
    Images(
      base: base, count: images, height: height, width: width, channels: channels, pixelStride: location.pixelStride)
  }
}

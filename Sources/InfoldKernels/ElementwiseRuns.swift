import InfoldKernelInterface

/// Calls `body` for every image that the range touches: with the image, the first of its pixels and how many.
@inline(always)
func forEachImage(_ shape: ElementwiseShape, _ pixels: Range<Int>, _ body: (Int, Int, Int) -> Void) {
  var pixel = pixels.lowerBound
  while pixel < pixels.upperBound {
    let (image, first) = divide(pixel, by: shape.pixels)
    let count = min(shape.pixels - first, pixels.upperBound - pixel)
    body(image, first, count)
    pixel += count
  }
}

extension ElementwiseInput {
  @inline(always)
  func at(_ image: Int, _ pixel: Int) -> UnsafePointer<Float> { base + (image * imageStride + pixel * pixelStride) }

  /// Whether the numbers of an image's pixels follow each other, or are all the same.
  @inline(always)
  func isRun(_ channels: Int) -> Bool {
    channelStride == 0 ? pixelStride == 0 : pixelStride == channels
  }
}

extension ElementwiseOutput {
  @inline(always)
  func at(_ image: Int, _ pixel: Int) -> UnsafeMutablePointer<Float> {
    base + (image * imageStride + pixel * pixelStride)
  }
}

/// The vector at place `index` of a run.
@inline(always)
private func vector(_ base: UnsafePointer<Float>, _ index: Int, _ count: Int, isRepeated: Bool) -> Vector {
  isRepeated ? Vector(repeating: base.pointee) : Vector(at: base + index, count: count)
}

/// Calls `body` with the numbers of one operand, as one row of an image where they follow each other.
@inline(always)
func forEachRows(_ arguments: UnaryArguments, _ pixels: Range<Int>, _ body: (FunctionRows) -> Void) {
  let (input, output, channels) = (arguments.input, arguments.output, arguments.shape.channels)
  let isDense = input.isRun(channels) && output.pixelStride == channels
  forEachImage(arguments.shape, pixels) { image, first, count in
    body(
      FunctionRows(
        input.at(image, first), stride: input.pixelStride, to: output.at(image, first), stride: output.pixelStride,
        rows: isDense ? 1 : count, columns: isDense ? count * channels : channels))
  }
}

/// Writes `function` and the activation of every pair of numbers of two operands.
@inline(always)
func forEachVector(_ arguments: BinaryArguments, _ pixels: Range<Int>, _ function: (Vector, Vector) -> Vector) {
  if arguments.right.channelStride == 0 {
    forEachVector(arguments, pixels, repeatsLeft: false, repeatsRight: true, function)
  } else if arguments.left.channelStride == 0 {
    forEachVector(arguments, pixels, repeatsLeft: true, repeatsRight: false, function)
  } else {
    forEachVector(arguments, pixels, repeatsLeft: false, repeatsRight: false, function)
  }
}

@inline(always)
private func forEachVector(
  _ arguments: BinaryArguments, _ pixels: Range<Int>, repeatsLeft: Bool, repeatsRight: Bool,
  _ function: (Vector, Vector) -> Vector
) {
  let (left, right, output, channels) = (arguments.left, arguments.right, arguments.output, arguments.shape.channels)
  let isDense = left.isRun(channels) && right.isRun(channels) && output.pixelStride == channels
  let activation = BoundedActivation(arguments.activation)
  forEachImage(arguments.shape, pixels) { image, first, count in
    for run in 0..<(isDense ? 1 : count) {
      let a = left.at(image, first + run)
      let b = right.at(image, first + run)
      let y = output.at(image, first + run)
      activation.write(y, isDense ? count * channels : channels) { index, count in
        function(
          vector(a, index, count, isRepeated: repeatsLeft), vector(b, index, count, isRepeated: repeatsRight))
      }
    }
  }
}

/// Writes x · scale + shift and the activation of every number.
@inline(always)
func forEachVector(_ arguments: ScaleShiftArguments, _ pixels: Range<Int>, repeatsScale: Bool) {
  let (input, scale, shift, output) = (arguments.input, arguments.scale, arguments.shift, arguments.output)
  let channels = arguments.shape.channels
  let isDense =
    input.isRun(channels) && output.pixelStride == channels && scale.isRun(channels) && shift.isRun(channels)
  let activation = BoundedActivation(arguments.activation)
  forEachImage(arguments.shape, pixels) { image, first, count in
    for run in 0..<(isDense ? 1 : count) {
      let x = input.at(image, first + run)
      let a = scale.at(image, first + run)
      let b = shift.at(image, first + run)
      let y = output.at(image, first + run)
      activation.write(y, isDense ? count * channels : channels) { index, count in
        let factor = vector(a, index, count, isRepeated: repeatsScale)
        let summand = vector(b, index, count, isRepeated: repeatsScale)
        return Vector.multiplyAdd(Vector(at: x + index, count: count), factor, summand)
      }
    }
  }
}

import InfoldKernelInterface

/// Calls `body` for each image that the range touches, with the image, its first pixel, and the
/// number of pixels.
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

  /// Whether the numbers of an image's pixels are contiguous or all equal.
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

/// Returns the vector at position `index` of a run.
@inline(always)
private func vector(_ base: UnsafePointer<Float>, _ index: Int, _ count: Int, isRepeated: Bool) -> Vector {
  isRepeated ? Vector(repeating: base.pointee) : Vector(at: base + index, count: count)
}

/// Calls `body` with the numbers of one operand, as one row for each image if they are contiguous.
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

/// Writes the activation of `function` of each pair of numbers of two operands.
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
  let isDense = output.pixelStride == channels
  let activation = BoundedActivation(arguments.activation)
  RepeatedChannels.withRoom { leftRoom in
    RepeatedChannels.withRoom { rightRoom in
      forEachImage(arguments.shape, pixels) { image, first, count in
        let length = isDense ? runLength(count, channels, left, right) : 1
        let a = left.row(image, first, channels, length, leftRoom)
        let b = right.row(image, first, channels, length, rightRoom)
        let y = output.at(image, first)
        forEach(from: 0, to: count, by: length) { pixel in
          let (a, b) = (a.base + pixel &* a.stride, b.base + pixel &* b.stride)
          activation.write(y + pixel &* output.pixelStride, min(length, count &- pixel) &* channels) { index, count in
            function(
              vector(a, index, count, isRepeated: repeatsLeft), vector(b, index, count, isRepeated: repeatsRight))
          }
        }
      }
    }
  }
}

/// Writes the activation of x · scale + shift for each number.
@inline(always)
func forEachVector(_ arguments: ScaleShiftArguments, _ pixels: Range<Int>, repeatsScale: Bool) {
  let (input, scale, shift, output) = (arguments.input, arguments.scale, arguments.shift, arguments.output)
  let channels = arguments.shape.channels
  let isDense = input.isRun(channels) && output.pixelStride == channels
  let activation = BoundedActivation(arguments.activation)
  RepeatedChannels.withRoom { scaleRoom in
    RepeatedChannels.withRoom { shiftRoom in
      forEachImage(arguments.shape, pixels) { image, first, count in
        let length = isDense ? runLength(count, channels, scale, shift) : 1
        let a = scale.row(image, first, channels, length, scaleRoom)
        let b = shift.row(image, first, channels, length, shiftRoom)
        let (x, y) = (input.at(image, first), output.at(image, first))
        forEach(from: 0, to: count, by: length) { pixel in
          let (a, b) = (a.base + pixel &* a.stride, b.base + pixel &* b.stride)
          let x = x + pixel &* input.pixelStride
          activation.write(y + pixel &* output.pixelStride, min(length, count &- pixel) &* channels) { index, count in
            let factor = vector(a, index, count, isRepeated: repeatsScale)
            let summand = vector(b, index, count, isRepeated: repeatsScale)
            return Vector.multiplyAdd(Vector(at: x + index, count: count), factor, summand)
          }
        }
      }
    }
  }
}

/// Per-channel numbers, repeated as often as the buffer allows. Contiguous pixels then form one
/// row, with a single partial vector at its end.
private enum RepeatedChannels {
  static let capacity = 256

  @inline(always)
  static func withRoom(_ body: (UnsafeMutablePointer<Float>) -> Void) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: capacity) { body($0.baseAddress!) }
  }
}

/// Returns how many pixels of an image are processed as one row of numbers, if the result is
/// contiguous: all of them if the operands are contiguous as well, or some if per-channel numbers
/// are repeated for them.
@inline(always)
private func runLength(_ count: Int, _ channels: Int, _ a: ElementwiseInput, _ b: ElementwiseInput) -> Int {
  if a.isRun(channels) && b.isRun(channels) { return count }
  guard a.isRun(channels) || a.isPerChannel, b.isRun(channels) || b.isPerChannel else { return 1 }
  let length = RepeatedChannels.capacity / channels
  return length > 1 && count >= 4 * length ? length : 1
}

extension ElementwiseInput {
  /// Whether there is one number per channel for all pixels of an image.
  @inline(always)
  fileprivate var isPerChannel: Bool { channelStride == 1 && pixelStride == 0 }

  /// Returns the numbers from a pixel on, and the distance between pixels. `length` pixels form a
  /// row, stored in `room` if their numbers have to be repeated.
  @inline(always)
  fileprivate func row(
    _ image: Int, _ pixel: Int, _ channels: Int, _ length: Int, _ room: UnsafeMutablePointer<Float>
  ) -> (base: UnsafePointer<Float>, stride: Int) {
    let base = at(image, pixel)
    guard length > 1, isPerChannel, !isRun(channels) else { return (base, pixelStride) }
    for repetition in 0..<length {
      let copy = room + repetition &* channels
      forEachVector(of: channels) { channel, count in
        Vector(at: base + channel, count: count).store(at: copy + channel, count: count)
      }
    }
    return (UnsafePointer(room), 0)
  }
}

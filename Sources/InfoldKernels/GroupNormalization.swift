import InfoldKernelInterface

extension Kernels {
  @inline(never)
  public static func partMoments(_ arguments: GroupNormalizationArguments, parts: Range<Int>) {
    for part in parts { ImagePart(arguments, part).addUp() }
  }

  @inline(never)
  public static func groupMoments(_ arguments: GroupNormalizationArguments, groups: Range<Int>) {
    for group in groups { computeMoments(arguments, group) }
  }

  @inline(never)
  public static func groupNormalization(_ arguments: GroupNormalizationArguments, parts: Range<Int>) {
    for part in parts { ImagePart(arguments, part).normalize() }
  }
}

/// Adjacent pixels of an image with all of their channels.
private struct ImagePart {
  private let arguments: GroupNormalizationArguments
  private let image: Int
  private let input: UnsafePointer<Float>
  private let output: UnsafeMutablePointer<Float>
  private let pixels: Int
  private let moments: UnsafeMutablePointer<Double>

  @inline(always)
  init(_ arguments: GroupNormalizationArguments, _ index: Int) {
    let (input, output) = (arguments.input, arguments.output)
    let count = input.height * input.width
    let (image, part) = divide(index, by: arguments.parts)
    let first = part * arguments.partPixels
    self.arguments = arguments
    self.image = image
    pixels = min(arguments.partPixels, count - first)
    self.input = input.base + (image * count + first) * input.pixelStride
    self.output = output.base + (image * count + first) * output.pixelStride
    moments = arguments.partMoments(index)
  }

  private var channels: Int { arguments.input.channels }

  // MARK: Sums

  /// Computes for each channel a number near its mean, the sum of the differences from it, and the
  /// sum of their squares. The differences are exact where they are small relative to the numbers.
  @inline(always)
  func addUp() {
    let width = 2 * Vector.scalarCount
    var channel = 0
    while channel <= channels - width {
      addUp(channel, Vector.scalarCount, hasSecond: true)
      channel += width
    }
    while channel < channels {
      addUp(channel, min(Vector.scalarCount, channels - channel), hasSecond: false)
      channel += Vector.scalarCount
    }
  }

  /// The number of pixels that are summed in single precision.
  private static var segment: Int { 64 }

  /// Sums one or two vectors of channels.
  /// - Parameter hasSecond: Whether a second vector of channels is summed together with the first.
  @inline(always)
  private func addUp(_ channel: Int, _ count: Int, hasSecond: Bool) {
    let (x, stride) = (input + channel, arguments.input.pixelStride)
    let near = (self.near(x, count), hasSecond ? self.near(x + Vector.scalarCount, count) : Vector(repeating: 0))
    var differences = (LaneSums(), LaneSums()), squares = (LaneSums(), LaneSums())
    var pixel = 0
    while pixel < pixels {
      let end = min(pixel + Self.segment, pixels)
      var difference = (Vector(repeating: 0), Vector(repeating: 0)), square = difference
      while pixel < end {
        let place = x + pixel &* stride
        let first = Vector(at: place, count: count) - near.0
        difference.0 += first
        square.0 = Vector.multiplyAdd(first, first, square.0)
        if hasSecond {
          let second = Vector(at: place + Vector.scalarCount, count: count) - near.1
          difference.1 += second
          square.1 = Vector.multiplyAdd(second, second, square.1)
        }
        pixel &+= 1
      }
      differences.0.add(difference.0)
      squares.0.add(square.0)
      if hasSecond {
        differences.1.add(difference.1)
        squares.1.add(square.1)
      }
    }
    store(near.0, differences.0, squares.0, channel, count)
    if hasSecond { store(near.1, differences.1, squares.1, channel + Vector.scalarCount, count) }
  }

  @inline(always)
  private func store(_ near: Vector, _ differences: LaneSums, _ squares: LaneSums, _ channel: Int, _ count: Int) {
    for lane in 0..<min(count, Vector.scalarCount) {
      moments[channel + lane] = Double(near[lane])
      moments[channels + channel + lane] = differences.lanes[lane]
      moments[2 * channels + channel + lane] = squares.lanes[lane]
    }
  }

  /// Returns the mean of some of the pixels.
  @inline(always)
  private func near(_ x: UnsafePointer<Float>, _ count: Int) -> Vector {
    let most = 16
    let step = (pixels + most - 1) / most
    var sum = Vector(repeating: 0)
    var (pixel, samples) = (0, 0)
    while pixel < pixels {
      sum += Vector(at: x + pixel * arguments.input.pixelStride, count: count)
      pixel += step
      samples += 1
    }
    return sum * Vector(repeating: 1 / Float(samples))
  }

  // MARK: Normalization

  @inline(always)
  func normalize() {
    let (channels, groups) = (channels, arguments.groups)
    let groupMoments = arguments.groupMoments(image * groups)
    let activation = BoundedActivation(arguments.activation)
    var isPrecise = true
    for group in 0..<groups { isPrecise = isPrecise && groupMoments[3 * group + 2] != 0 }
    guard isPrecise else { return normalizeInDoublePrecision(groupMoments, activation) }

    // The sums are overwritten by the reference value, factor and offset of each channel.
    let near = UnsafeMutableRawPointer(moments).assumingMemoryBound(to: Float.self)
    let factor = near + channels, offset = factor + channels
    let groupSize = channels / groups
    var channel = 0
    for group in 0..<groups {
      let (mean, inverse) = (groupMoments[3 * group], groupMoments[3 * group + 1])
      let middle = Float(mean)
      let rest = (Double(middle) - mean) * inverse
      for _ in 0..<groupSize {
        let scale = Double(arguments.scale[channel])
        near[channel] = middle
        factor[channel] = Float(inverse * scale)
        offset[channel] = Float(rest * scale + Double(arguments.shift[channel]))
        channel += 1
      }
    }
    for pixel in 0..<pixels {
      let x = input + pixel * arguments.input.pixelStride
      activation.write(output + pixel * arguments.output.pixelStride, channels) { channel, count in
        Vector.multiplyAdd(
          Vector(at: x + channel, count: count) - Vector(at: near + channel, count: count),
          Vector(at: factor + channel, count: count), Vector(at: offset + channel, count: count))
      }
    }
  }

  private func normalizeInDoublePrecision(_ groupMoments: UnsafePointer<Double>, _ activation: BoundedActivation) {
    let groupSize = channels / arguments.groups
    for pixel in 0..<pixels {
      let x = input + pixel * arguments.input.pixelStride
      let y = output + pixel * arguments.output.pixelStride
      for group in 0..<arguments.groups {
        let (mean, inverse) = (groupMoments[3 * group], groupMoments[3 * group + 1])
        for channel in (group * groupSize)..<((group + 1) * groupSize) {
          let normal = (Double(x[channel]) - mean) * inverse
          y[channel] = Float(normal * Double(arguments.scale[channel]) + Double(arguments.shift[channel]))
        }
      }
      activation.write(y, channels) { index, count in Vector(at: y + index, count: count) }
    }
  }
}

/// Writes the mean of a group, 1 ÷ √(variance + epsilon), and whether they come from sums in single
/// precision.
@inline(never)
private func computeMoments(_ arguments: GroupNormalizationArguments, _ index: Int) {
  let (image, group) = divide(index, by: arguments.groups)
  let (channels, pixels) = (arguments.input.channels, arguments.input.height * arguments.input.width)
  let groupSize = channels / arguments.groups, first = group * groupSize
  let count = Double(groupSize) * Double(pixels)

  @inline(always)
  func forEachSum(_ body: (_ pixels: Double, _ near: Double, _ difference: Double, _ squares: Double) -> Void) {
    for part in 0..<arguments.parts {
      let size = Double(min(arguments.partPixels, pixels - part * arguments.partPixels))
      let moments = arguments.partMoments(image * arguments.parts + part)
      for channel in first..<(first + groupSize) {
        body(size, moments[channel], moments[channels + channel], moments[2 * channels + channel])
      }
    }
  }
  var (sum, spread, squares) = (0.0, 0.0, 0.0)
  forEachSum { size, near, difference, _ in sum += size * near + difference }
  let mean = sum / count
  forEachSum { size, near, difference, square in
    let shift = mean - near
    spread += square + shift * (size * shift - 2 * difference)
    squares += square
  }
  let variance = (spread < 0 ? 0 : spread / count) + Double(arguments.epsilon)
  let result = arguments.groupMoments(index)
  // False for NaN. Squares below 2⁻¹²⁶, which lose digits, are negligible here.
  if variance >= 0x1p-100 && squares < 0x1p+120 && squares <= 8 * count * variance {
    (result[0], result[1], result[2]) = (mean, 1 / variance.squareRoot(), 1)
    return
  }
  let moments = DoubleMoments(
    arguments.input.base + image * pixels * arguments.input.pixelStride + first, rows: pixels, columns: groupSize,
    stride: arguments.input.pixelStride, epsilon: arguments.epsilon)
  (result[0], result[1], result[2]) = (moments.mean, moments.factor, 0)
}

extension GroupNormalizationArguments {
  /// For each channel of a part, a number near the mean, followed by the sums of the differences
  /// from it and the sums of their squares.
  @inline(always)
  fileprivate func partMoments(_ part: Int) -> UnsafeMutablePointer<Double> {
    moments + part * input.channels * Self.momentsPerChannel
  }

  @inline(always)
  fileprivate func groupMoments(_ group: Int) -> UnsafeMutablePointer<Double> {
    moments + partCount * input.channels * Self.momentsPerChannel + group * Self.momentsPerGroup
  }
}

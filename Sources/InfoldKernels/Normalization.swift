import InfoldKernelInterface

extension Kernels {
  @inline(never)
  public static func softmax(_ arguments: SoftmaxArguments, rows: Range<Int>) {
    let columns = arguments.columns
    for row in rows {
      let x = arguments.input + row * arguments.inputStride
      let y = arguments.output + row * arguments.outputStride
      let largest = Vector(repeating: rowMaximum(x, columns))
      @inline(always)
      func share(_ x: Vector) -> Vector { outlinedExponential(x - largest) }
      if arguments.isLogarithmic {
        let total = sum(reduceRow(x, columns, start: 0, fill: -.infinity, { $0 + $1 }, share))
        let shift = outlinedLogarithm(Vector(repeating: total))
        forEachVector(x, y, columns) { ($0 - largest) - shift }
      } else {
        forEachVector(x, y, columns, share)
        let factor = Vector(repeating: 1 / rowSum(y, columns))
        forEachVector(UnsafePointer(y), y, columns) { $0 * factor }
      }
    }
  }

  @inline(never)
  public static func layerNormalization(_ arguments: LayerNormalizationArguments, rows: Range<Int>) {
    let columns = arguments.columns
    for row in rows {
      let x = arguments.input + row * arguments.inputStride
      let y = arguments.output + row * arguments.outputStride
      let mean = rowSum(x, columns) / Float(columns)
      let center = Vector(repeating: mean)
      let squares = sum(
        reduceRow(x, columns, start: 0, fill: mean, { $0 + $1 }, { ($0 - center) * ($0 - center) }))
      let factor = Vector(repeating: 1 / (squares / Float(columns) + arguments.epsilon).squareRoot())
      forEachVector(of: columns) { column, count in
        let shift = arguments.shift.map { Vector(at: $0 + column, count: count) } ?? Vector(repeating: 0)
        let normal = (Vector(at: x + column, count: count) - center) * factor
        Vector.multiplyAdd(normal, Vector(at: arguments.scale + column, count: count), shift)
          .store(at: y + column, count: count)
      }
    }
  }

  @inline(never)
  public static func groupNormalization(_ arguments: GroupNormalizationArguments, units: Range<Int>) {
    let blocks = (arguments.groups + arguments.groupBlock - 1) / arguments.groupBlock
    for unit in units {
      let (image, block) = divide(unit, by: blocks)
      let groupSize = arguments.input.channels / arguments.groups
      let end = min((block + 1) * arguments.groupBlock, arguments.groups)
      var group = block * arguments.groupBlock
      while group < end {
        let count = min(max(1, Vector.scalarCount / groupSize), end - group)
        NormalizationBlock(arguments, image: image, groups: group..<(group + count)).run()
        group += count
      }
    }
  }

  @inline(never)
  public static func localResponseNormalization(
    _ arguments: LocalResponseNormalizationArguments, pixels: Range<Int>
  ) {
    let (channels, size, scratch) = (arguments.shape.channels, arguments.size, arguments.scratch)
    let before = (size - 1) / 2
    let (bias, beta) = (Vector(repeating: arguments.bias), Vector(repeating: -arguments.beta))
    let factor = Vector(repeating: arguments.alpha / Float(size))
    // The squares of a pixel's channels, with zeros around them.
    let scratchCount = LocalResponseNormalizationArguments.scratchCount(channels: channels, size: size)
    for index in 0..<scratchCount { scratch[index] = 0 }
    forEachImage(arguments.shape, pixels) { image, first, count in
      for pixel in first..<(first + count) {
        let x = arguments.input.at(image, pixel)
        let y = arguments.output.at(image, pixel)
        forEachVector(x, scratch + before, channels) { $0 * $0 }
        forEachVector(of: channels) { channel, count in
          var total = Vector(repeating: 0)
          for offset in 0..<size { total += Vector(at: scratch + channel + offset) }
          let power = outlinedExponential(beta * outlinedLogarithm(Vector.multiplyAdd(total, factor, bias)))
          (Vector(at: x + channel, count: count) * power).store(at: y + channel, count: count)
        }
      }
    }
  }
}

/// Writes `function` of every number of a row.
@inline(always)
private func forEachVector(
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int, _ function: (Vector) -> Vector
) {
  forEachVector(of: count) { index, width in
    function(Vector(at: x + index, count: width)).store(at: y + index, count: width)
  }
}

/// A group of a group normalization that fills a vector, or several that fit into one.
private struct NormalizationBlock {
  private let arguments: GroupNormalizationArguments
  private let input: UnsafePointer<Float>
  private let output: UnsafeMutablePointer<Float>
  private let firstChannel: Int
  private let channels: Int
  private let groupSize: Int
  private let pixels: Int

  @inline(always)
  init(_ arguments: GroupNormalizationArguments, image: Int, groups: Range<Int>) {
    let (input, output) = (arguments.input, arguments.output)
    self.arguments = arguments
    groupSize = input.channels / arguments.groups
    firstChannel = groups.lowerBound * groupSize
    channels = groups.count * groupSize
    pixels = input.height * input.width
    self.input = input.base + image * pixels * input.pixelStride + firstChannel
    self.output = output.base + image * pixels * output.pixelStride + firstChannel
  }

  @inline(always)
  func run() {
    let zero = Vector(repeating: 0)
    let mean = groupMeans(reduce(center: zero) { value, _ in value })
    let variance = groupMeans(
      reduce(center: mean) { value, center in (value - center) * (value - center) })
    var factor = variance + Vector(repeating: arguments.epsilon)
    for lane in 0..<Vector.scalarCount { factor[lane] = 1 / factor[lane].squareRoot() }
    for pixel in 0..<pixels {
      let x = input + pixel * arguments.input.pixelStride
      let y = output + pixel * arguments.output.pixelStride
      forEachVector(of: channels) { channel, count in
        let scale = Vector(at: arguments.scale + firstChannel + channel, count: count)
        let shift = Vector(at: arguments.shift + firstChannel + channel, count: count)
        let normal = (Vector(at: x + channel, count: count) - mean) * factor
        Vector.multiplyAdd(normal, scale, shift).store(at: y + channel, count: count)
      }
    }
  }

  /// The sums over all pixels, by lane.
  @inline(always)
  private func reduce(center: Vector, _ transform: (Vector, Vector) -> Vector) -> Vector {
    var total = Vector(repeating: 0)
    for pixel in 0..<pixels {
      let x = input + pixel * arguments.input.pixelStride
      var partial = Vector(repeating: 0)
      forEachVector(of: channels) { channel, count in
        var value = Vector(at: x + channel, count: count)
        if count < Vector.scalarCount {
          for lane in count..<Vector.scalarCount { value[lane] = center[lane] }
        }
        partial += transform(value, center)
      }
      total += partial
    }
    return total
  }

  /// Each lane's mean over its group, from the sums by lane.
  @inline(always)
  private func groupMeans(_ sums: Vector) -> Vector {
    let count = Float(groupSize * pixels)
    if groupSize >= Vector.scalarCount { return Vector(repeating: sum(sums) / count) }
    var means = Vector(repeating: 0)
    var first = 0
    while first < channels {
      var total: Float = 0
      for lane in first..<(first + groupSize) { total += sums[lane] }
      for lane in first..<(first + groupSize) { means[lane] = total / count }
      first += groupSize
    }
    return means
  }
}

import InfoldKernelInterface

extension Kernels {
  @inline(never)
  public static func softmax(_ arguments: SoftmaxArguments, rows: Range<Int>) {
    let columns = arguments.columns
    for row in rows {
      let x = arguments.input + row * arguments.inputStride
      let y = arguments.output + row * arguments.outputStride
      let largest = Vector(repeating: rowMaximum(x, columns))
      if arguments.isLogarithmic {
        @inline(always)
        func share(_ x: Vector) -> Vector { outlinedExponential(x - largest) }
        let total = Float(sumRow(x, columns, fill: -.infinity, share))
        let shift = outlinedLogarithm(Vector(repeating: total))
        forEachVector(x, y, columns) { ($0 - largest) - shift }
      } else {
        exponentials(of: x, less: largest, to: y, columns)
        let factor = Vector(repeating: 1 / Float(rowSum(y, columns)))
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
      let moments =
        arguments.subtractsMean
        ? Moments(row: x, columns: columns, epsilon: arguments.epsilon)
        : Moments(squaresOf: x, columns: columns, epsilon: arguments.epsilon)
      guard moments.isPrecise else {
        let moments = DoubleMoments(
          x, rows: 1, columns: columns, stride: columns, epsilon: arguments.epsilon,
          subtractsMean: arguments.subtractsMean)
        for column in 0..<columns {
          let shift = arguments.shift.map { Double($0[column]) } ?? 0
          y[column] = Float(moments.normalized(x[column]) * Double(arguments.scale[column]) + shift)
        }
        continue
      }
      let (near, factor) = (Vector(repeating: moments.near), Vector(repeating: moments.factor))
      let offset = Vector(repeating: moments.offset)
      forEachVector(of: columns) { column, count in
        let shift = arguments.shift.map { Vector(at: $0 + column, count: count) } ?? Vector(repeating: 0)
        let normal = Vector.multiplyAdd(Vector(at: x + column, count: count) - near, factor, offset)
        Vector.multiplyAdd(normal, Vector(at: arguments.scale + column, count: count), shift)
          .store(at: y + column, count: count)
      }
    }
  }

  @inline(never)
  public static func instanceNormalization(_ arguments: InstanceNormalizationArguments, rows: Range<Int>) {
    let columns = arguments.columns
    for row in rows {
      let (x, y) = (arguments.input + row * columns, arguments.output + row * columns)
      let (_, channel) = divide(row, by: arguments.channels)
      let (scale, shift) = (arguments.scale[channel], arguments.shift[channel])
      let moments = Moments(row: x, columns: columns, epsilon: arguments.epsilon)
      guard moments.isPrecise else {
        let moments = DoubleMoments(x, rows: 1, columns: columns, stride: columns, epsilon: arguments.epsilon)
        for column in 0..<columns {
          y[column] = Float(moments.normalized(x[column]) * Double(scale) + Double(shift))
        }
        continue
      }
      let (near, factor) = (Vector(repeating: moments.near), Vector(repeating: moments.factor))
      let offset = Vector(repeating: moments.offset)
      let (scales, shifts) = (Vector(repeating: scale), Vector(repeating: shift))
      forEachVector(x, y, columns) {
        Vector.multiplyAdd(Vector.multiplyAdd($0 - near, factor, offset), scales, shifts)
      }
    }
  }

  @inline(never)
  public static func localResponseNormalization(
    _ arguments: LocalResponseNormalizationArguments, pixels: Range<Int>
  ) {
    switch arguments.beta {
    case 0.75: normalizeResponsesByRoots(arguments, pixels)
    case let beta: normalizeResponses(arguments, pixels, power: -beta)
    }
  }
}

/// Divides by the power ¾, which most networks use. Two square roots take a fourth of the time of a
/// logarithm and an exponential.
@inline(never)
private func normalizeResponsesByRoots(_ arguments: LocalResponseNormalizationArguments, _ pixels: Range<Int>) {
  normalizeResponses(arguments, pixels) { x, base in
    let root = squareRoot(base)
    return x / (root * squareRoot(root))
  }
}

@inline(never)
private func normalizeResponses(
  _ arguments: LocalResponseNormalizationArguments, _ pixels: Range<Int>, power: Float
) {
  let exponent = Vector(repeating: power)
  normalizeResponses(arguments, pixels) { x, base in x * outlinedExponential(exponent * outlinedLogarithm(base)) }
}

/// Writes `function` of each number and of bias + alpha · (the mean of the squares around it).
@inline(always)
private func normalizeResponses(
  _ arguments: LocalResponseNormalizationArguments, _ pixels: Range<Int>, _ function: (Vector, Vector) -> Vector
) {
  let (channels, size, scratch) = (arguments.shape.channels, arguments.size, arguments.scratch)
  let before = (size - 1) / 2
  let bias = Vector(repeating: arguments.bias)
  let factor = Vector(repeating: arguments.alpha / Float(size))
  // A pixel's channels, with zeros around them.
  let scratchCount = LocalResponseNormalizationArguments.scratchCount(channels: channels, size: size)
  for index in 0..<scratchCount { scratch[index] = 0 }
  forEachImage(arguments.shape, pixels) { image, first, count in
    for pixel in first..<(first + count) {
      let x = arguments.input.at(image, pixel)
      let y = arguments.output.at(image, pixel)
      var peak = Vector(repeating: 0)
      forEachVector(of: channels) { channel, count in
        let value = Vector(at: x + channel, count: count)
        peak = maximum(value * value, peak)
        value.store(at: scratch + before + channel, count: count)
      }
      forEachVector(of: channels) { channel, count in
        // Loading numbers that have just been stored in differently aligned vectors stalls. Scratch
        // memory is therefore read only where the zeros around the pixel are needed.
        let begin = channel &- before
        let isInside = begin >= 0 && begin &+ size &+ Vector.scalarCount &- 1 <= channels
        let around = isInside ? x + begin : UnsafePointer(scratch + channel)
        var total = Vector(repeating: 0)
        for offset in 0..<size {
          let value = Vector(at: around + offset)
          total = Vector.multiplyAdd(value, value, total)
        }
        function(Vector(at: x + channel, count: count), Vector.multiplyAdd(total, factor, bias))
          .store(at: y + channel, count: count)
      }
      if peak.max() > hugeSquare { normalizeHugeResponses(arguments, x, y) }
    }
  }
}

/// Writes the exponentials of a row's differences from a number.
@inline(never)
private func exponentials(
  of x: UnsafePointer<Float>, less largest: Vector, to y: UnsafeMutablePointer<Float>, _ columns: Int
) {
  @inline(always)
  func function(_ x: Vector) -> Vector { exponential(x - largest) }
  forEachVector(x, y, columns, function)
}

/// Sums of squares above this are computed from scaled numbers.
private let hugeSquare: Float = 0x1p+100

/// Writes the channels of a pixel whose squares may overflow in single precision.
@inline(never)
private func normalizeHugeResponses(
  _ arguments: LocalResponseNormalizationArguments, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
) {
  let (channels, scratch) = (arguments.shape.channels, arguments.scratch)
  let (beta, factor) = (Vector(repeating: -arguments.beta), Vector(repeating: arguments.alpha / Float(arguments.size)))
  let unit = Vector(repeating: 0x1p-70)
  let (bias, least) = (Vector(repeating: arguments.bias), arguments.bias.magnitude * 0x1p-110)
  // The logarithm of the scale of the squares.
  let shift = Vector(repeating: 140 * 0.693147181)
  forEachVector(x, scratch + (arguments.size - 1) / 2, channels) { ($0 * unit) * ($0 * unit) }
  forEachVector(of: channels) { channel, count in
    var total = Vector(repeating: 0)
    for offset in 0..<arguments.size { total += Vector(at: scratch + channel + offset) }
    // Scaled by 2⁻¹⁴⁰ where bias is negligible, and unscaled elsewhere.
    let base = total * factor
    var logarithm = outlinedLogarithm(base) + shift
    let small = outlinedLogarithm(base * Vector(repeating: 0x1p+70) * Vector(repeating: 0x1p+70) + bias)
    for lane in 0..<Vector.scalarCount where base[lane] <= least { logarithm[lane] = small[lane] }
    // The power may underflow in single precision even if the result does not.
    let root = outlinedExponential(beta * logarithm * Vector(repeating: 0.5))
    let result = (Vector(at: x + channel, count: count) * root) * root
    for lane in 0..<min(count, Vector.scalarCount) where total[lane] > hugeSquare * 0x1p-140 {
      y[channel + lane] = result[lane]
    }
  }
}

/// Writes `function` of each number of a row.
@inline(always)
private func forEachVector(
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int, _ function: (Vector) -> Vector
) {
  forEachVector(of: count) { index, width in
    function(Vector(at: x + index, count: width)).store(at: y + index, count: width)
  }
}

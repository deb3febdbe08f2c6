public import InfoldKernelInterface

extension ByteSet {
  @inline(never)
  public static func quantize(
    _ input: Pixels<Float>, _ output: Pixels<UInt8>, _ quantization: ByteQuantization, pixels: Range<Int>
  ) {
    let quantizer = Quantizer(quantization)
    let notANumber = Vector(repeating: quantization.notANumber) * Vector(repeating: quantization.scale)
    forEachRun(pixels, output.channels, isDense: input.isDense && output.isDense) {
      pixel, count in
      let source = input.base + pixel * input.pixelStride, target = output.base + pixel * output.pixelStride
      forEachVector(of: count) { index, count in
        var x = Vector(at: source + index, count: count)
        x.replace(with: notANumber, where: x .!= x)
        store(quantizer(x), at: target + index, count: count)
      }
    }
  }

  @inline(never)
  public static func dequantize(
    _ input: Pixels<UInt8>, _ output: Pixels<Float>, scale: Float, zeroPoint: Int32, pixels: Range<Int>
  ) {
    let scale = Vector(repeating: scale), offset = lanes(repeating: 0 &- zeroPoint)
    forEachRun(pixels, input.channels, isDense: input.isDense && output.isDense) { pixel, count in
      let source = input.base + pixel * input.pixelStride, target = output.base + pixel * output.pixelStride
      forEachVector(of: count) { index, count in
        (floats(sum(bytes(at: source + index), offset)) * scale).store(at: target + index, count: count)
      }
    }
  }

  @inline(never)
  public static func quantize(
    _ input: Pixels<Float>, _ output: Pixels<UInt8>, _ quantization: ChannelQuantization, pixels: Range<Int>
  ) {
    let span = Vector(repeating: 255), offset = Vector(repeating: quantization.offset)
    for pixel in pixels {
      let source = input.base + pixel * input.pixelStride, target = output.base + pixel * output.pixelStride
      forEachVector(of: output.channels) { channel, count in
        let scale = Vector(at: quantization.scales + channel, count: count, fill: 1)
        let lower = Vector(at: quantization.lowers + channel, count: count)
        var x = Vector(at: source + channel, count: count) / scale
        x.replace(with: offset + lower, where: x .!= x)
        let zeroPoint = integers(Vector(repeating: 0) - lower)
        store(sum(integers(clamped(x, lower, lower + span)), zeroPoint), at: target + channel, count: count)
      }
    }
  }

  @inline(never)
  public static func dequantize(
    _ input: Pixels<UInt8>, _ output: Pixels<Float>, _ quantization: ChannelQuantization, pixels: Range<Int>
  ) {
    for pixel in pixels {
      let source = input.base + pixel * input.pixelStride, target = output.base + pixel * output.pixelStride
      forEachVector(of: input.channels) { channel, count in
        let scale = Vector(at: quantization.scales + channel, count: count)
        let lower = Vector(at: quantization.lowers + channel, count: count)
        ((floats(bytes(at: source + channel)) + lower) * scale).store(at: target + channel, count: count)
      }
    }
  }

  @inline(never)
  public static func add(_ arguments: ByteAdditionArguments, pixels: Range<Int>) {
    let (a, b, output) = (arguments.a, arguments.b, arguments.output)
    let scaleA = Vector(repeating: arguments.scaleA), offsetA = lanes(repeating: 0 &- arguments.zeroPointA)
    let scaleB = Vector(repeating: arguments.scaleB), offsetB = lanes(repeating: 0 &- arguments.zeroPointB)
    let quantizer = Quantizer(arguments.quantization)
    forEachRun(pixels, output.channels, isDense: a.isDense && b.isDense && output.isDense) { pixel, count in
      let first = a.base + pixel * a.pixelStride, second = b.base + pixel * b.pixelStride
      let target = output.base + pixel * output.pixelStride
      forEachVector(of: count) { index, count in
        let x = floats(sum(bytes(at: first + index), offsetA)) * scaleA
        let y = floats(sum(bytes(at: second + index), offsetB)) * scaleB
        store(quantizer(x + y), at: target + index, count: count)
      }
    }
  }

  @inline(never)
  public static func lookUp(
    _ input: Pixels<UInt8>, _ output: Pixels<UInt8>, table: UnsafePointer<UInt8>, pixels: Range<Int>
  ) {
    forEachRun(pixels, input.channels, isDense: input.isDense && output.isDense) { pixel, count in
      let source = input.base + pixel * input.pixelStride, target = output.base + pixel * output.pixelStride
      for index in 0..<count { target[index] = table[Int(source[index])] }
    }
  }

  /// Calls `body` with the first pixel and the number of elements of each run. Dense pixels form a
  /// single run.
  @inline(__always)
  private static func forEachRun(_ pixels: Range<Int>, _ channels: Int, isDense: Bool, _ body: (Int, Int) -> Void) {
    if isDense { return body(pixels.lowerBound, pixels.count * channels) }
    for pixel in pixels { body(pixel, channels) }
  }
}

extension Pixels {
  fileprivate var isDense: Bool {
    @inline(__always) get { pixelStride == channels }
  }
}

/// A quantizer of floats.
private struct Quantizer {
  private let scale: Vector
  private let inverse: Vector
  private let lower: Vector
  private let upper: Vector
  private let zeroPoint: Lanes

  @inline(__always)
  init(_ quantization: ByteQuantization) {
    scale = Vector(repeating: quantization.scale)
    inverse = Vector(repeating: 1 / quantization.scale)
    lower = Vector(repeating: quantization.lower)
    upper = Vector(repeating: quantization.upper)
    zeroPoint = ByteSet.lanes(repeating: quantization.zeroPoint)
  }

  /// Returns quantized numbers from 0 to 255. The quotient is computed by a multiplication, unless
  /// it is too close to a tie to round reliably.
  @inline(__always)
  func callAsFunction(_ x: Vector) -> Lanes {
    let product = ByteSet.clamped(x * inverse, lower, upper)
    var integers = ByteSet.integers(product)
    if ByteSet.isNearHalf(product, integers) {
      integers = ByteSet.integers(ByteSet.clamped(x / scale, lower, upper))
    }
    return ByteSet.sum(integers, zeroPoint)
  }
}

import InfoldKernelInterface
import InfoldOperators
import InfoldTensor

/// The quantization parameters for a range of numbers that includes 0.
struct DynamicRange {
  private let grid: DynamicGrid<Float>

  var scale: Float { grid.scale }
  /// The zero point as a quantized number.
  var zero: UInt8 { grid.zeroPoint }

  /// - Parameters:
  ///   - least: The minimum, or NaN if the numbers contain NaN.
  ///   - greatest: The maximum, or NaN if the numbers contain NaN.
  ///   - numbers: The numbers. NaN is ignored.
  init(least: Float, greatest: Float, of numbers: UnsafeBufferPointer<Float>) {
    var bounds = (least: min(least, 0), greatest: max(greatest, 0))
    if least.isNaN || greatest.isNaN {
      bounds = (0, 0)
      for number in numbers {
        if number < bounds.least { bounds.least = number }
        if number > bounds.greatest { bounds.greatest = number }
      }
    }
    self.init(bounds)
  }

  /// - Parameter bounds: The minimum and the maximum, including 0 and excluding NaN.
  init(_ bounds: (least: Float, greatest: Float)) {
    grid = DynamicGrid(bounds)
  }

  /// Quantizes a range of numbers.
  func quantize(
    _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<UInt8>, _ range: Range<Int>, by kernels: any ByteKernels.Type
  ) {
    if kernelScales.contains(scale) {
      kernels.quantize(
        Pixels(UnsafeMutablePointer(mutating: x), channels: 1, pixelStride: 1), Pixels(y, channels: 1, pixelStride: 1),
        quantization, pixels: range)
    } else {
      for element in range { y[element] = grid.quantized(x[element]) }
    }
  }

  /// The parameters for kernels, if the scale is in the usual range.
  private var quantization: ByteQuantization {
    let zeroPoint = grid.exactZeroPoint
    return ByteQuantization(
      scale: scale, lower: -zeroPoint, upper: 255 - zeroPoint, zeroPoint: Int32(zeroPoint), notANumber: -zeroPoint)
  }
}

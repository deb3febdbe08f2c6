import InfoldKernelInterface

extension Kernels {
  @inline(never)
  public static func weighPixels(_ arguments: WeightedPixelsArguments, results: Range<Int>) {
    let divisor = Vector(repeating: arguments.divisor)
    for result in results {
      let places = arguments.places + result * arguments.taps, weights = arguments.weights + result * arguments.taps
      let target = arguments.output + result * arguments.outputStride
      if arguments.takesMaximum {
        greatestProducts(arguments, places, weights, to: target)
      } else {
        addPixels(arguments.input, arguments.channels, taps: arguments.taps) { tap in
          (places[tap] * arguments.pixelStride, weights[tap])
        } store: { sum, channel, count in
          (sum / divisor).store(at: target + channel, count: count)
        }
      }
    }
  }

  /// Computes the weighted sum of pixels, channel by channel.
  /// - Parameters:
  ///   - tap: Returns the offset of a pixel and its weight. Pixels with weight 0 are not read,
  ///     because zero times infinity is NaN.
  ///   - store: Receives the sums, their first channel, and their number.
  @inline(always)
  static func addPixels(
    _ pixels: UnsafePointer<Float>, _ channels: Int, taps: Int, tap: (Int) -> (place: Int, weight: Float),
    store: (Vector, Int, Int) -> Void
  ) {
    let width = Vector.scalarCount
    var channel = 0
    // Four sums at a time, so that additions do not wait for each other.
    while channel + 4 * width <= channels {
      var (a, b) = (Vector(repeating: 0), Vector(repeating: 0)), (c, d) = (a, b)
      for index in 0..<taps {
        let (place, weight) = tap(index)
        if weight == 0 { continue }
        let pixel = pixels + place + channel, factor = Vector(repeating: weight)
        a = Vector.multiplyAdd(Vector(at: pixel), factor, a)
        b = Vector.multiplyAdd(Vector(at: pixel + width), factor, b)
        c = Vector.multiplyAdd(Vector(at: pixel + 2 * width), factor, c)
        d = Vector.multiplyAdd(Vector(at: pixel + 3 * width), factor, d)
      }
      store(a, channel, width)
      store(b, channel + width, width)
      store(c, channel + 2 * width, width)
      store(d, channel + 3 * width, width)
      channel += 4 * width
    }
    forEachVector(of: channels - channel) { index, count in
      var sum = Vector(repeating: 0)
      for number in 0..<taps {
        let (place, weight) = tap(number)
        if weight == 0 { continue }
        sum = Vector.multiplyAdd(
          Vector(at: pixels + place + channel + index, count: count), Vector(repeating: weight), sum)
      }
      store(sum, channel + index, count)
    }
  }

  /// Writes the largest product of a pixel and its weight, channel by channel.
  @inline(always)
  private static func greatestProducts(
    _ arguments: WeightedPixelsArguments, _ places: UnsafePointer<Int>, _ weights: UnsafePointer<Float>,
    to target: UnsafeMutablePointer<Float>
  ) {
    forEachVector(of: arguments.channels) { channel, count in
      var greatest = Vector(repeating: 0)
      for tap in 0..<arguments.taps {
        var product = Vector(repeating: 0)
        if weights[tap] != 0 {
          let pixel = arguments.input + places[tap] * arguments.pixelStride
          product = Vector(at: pixel + channel, count: count) * weights[tap]
        }
        if tap == 0 { greatest = product } else { greatest.replace(with: product, where: product .>= greatest) }
      }
      greatest.store(at: target + channel, count: count)
    }
  }
}

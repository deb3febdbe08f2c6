import InfoldKernelInterface

/// The bias, the requantization and the destination of some columns' sums.
struct ByteEpilogue {
  private(set) var output: UnsafeMutablePointer<UInt8>
  let outputStride: Int
  let bias: UnsafePointer<Int32>
  let requantizer: Requantizer
  /// The destination of the raw sums, or `nil` for quantized results.
  private(set) var sums: UnsafeMutablePointer<Int32>?

  /// Creates the epilogue of the columns from `column` on and the output positions from `pixel` on.
  @inline(__always)
  init(_ arguments: ByteConvolutionArguments, pixel: Int, column: Int) {
    output = arguments.output.base + pixel * arguments.output.pixelStride + column
    outputStride = arguments.output.pixelStride
    bias = arguments.requantization.bias + column
    requantizer = Requantizer(arguments.requantization, column: column)
    if let base = arguments.sums { sums = base + pixel * outputStride + column }
  }

  /// Advances by `rows` output positions.
  @inline(__always)
  mutating func advance(rows: Int) {
    output += rows * outputStride
    if let place = sums { sums = place + rows * outputStride }
  }
}

/// A requantizer of sums.
struct Requantizer {
  private let multipliers: UnsafePointer<Float>
  private let lower: Float
  private let upper: Float
  private let zeroPoint: Int32

  @inline(__always)
  init(_ requantization: Requantization, column: Int = 0) {
    multipliers = requantization.multipliers + column
    lower = requantization.lower
    upper = requantization.upper
    zeroPoint = requantization.zeroPoint
  }

  /// Returns the quantized numbers, from 0 to 255, of the columns from `column` on.
  @inline(__always)
  func callAsFunction(_ sums: Lanes, column: Int) -> Lanes {
    let numbers = ByteSet.clamped(
      ByteSet.floats(sums) * Vector(at: multipliers + column), Vector(repeating: lower), Vector(repeating: upper))
    return ByteSet.sum(ByteSet.integers(numbers), ByteSet.lanes(repeating: zeroPoint))
  }
}

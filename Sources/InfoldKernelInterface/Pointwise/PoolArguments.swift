/// The reduction of a pooling window.
public enum PoolOperation: UInt8, Sendable {
  /// The maximum. NaN propagates, and a window that contains only padding gives −∞.
  case maximum
  /// The sum divided by the number of elements inside the image, or NaN if there are none.
  case average
  /// The sum divided by the number of elements inside the image or its padding.
  case averageIncludingPadding
}

/// Pooling over the two spatial dimensions.
public struct PoolArguments: @unchecked Sendable {
  public var input: InputImages<Float>
  /// The output, with as many images and channels as the input. It must not overlap the input.
  public var output: OutputImages<Float>
  public var window: ImageWindow
  public var operation: PoolOperation
  /// The rows of padding below the image. Used only by `averageIncludingPadding`, to count
  /// elements.
  public var padBottom: Int
  /// The columns of padding after the image. Used only by `averageIncludingPadding`.
  public var padRight: Int

  public init(
    input: InputImages<Float>, output: OutputImages<Float>, window: ImageWindow, operation: PoolOperation,
    padBottom: Int = 0,
    padRight: Int = 0
  ) {
    self.input = input
    self.output = output
    self.window = window
    self.operation = operation
    self.padBottom = padBottom
    self.padRight = padRight
  }
}

/// The reduction of numbers to one.
public enum Reduction: UInt8, Sendable {
  case sum
  case mean
  /// The sum of the magnitudes.
  case magnitudes
  /// The sum of the squares.
  case squares
  /// The square root of the sum of the squares, even if the sum overflows or underflows.
  case norm
  /// The product, even if an intermediate product overflows or underflows.
  case product
  /// The maximum. NaN propagates. −∞ if there are no numbers.
  case maximum
  /// The minimum. NaN propagates. ∞ if there are no numbers.
  case minimum
}

/// A reduction over all pixels of each image, channel by channel (global pooling, ReduceMean over
/// the spatial axes).
public struct GlobalPoolArguments: @unchecked Sendable {
  public var input: InputImages<Float>
  /// The output, [count, channels], with `outputStride` floats between images.
  public var output: UnsafeMutablePointer<Float>
  public var outputStride: Int
  public var reduction: Reduction

  public init(
    input: InputImages<Float>, output: UnsafeMutablePointer<Float>, outputStride: Int? = nil, reduction: Reduction
  ) {
    self.input = input
    self.output = output
    self.outputStride = outputStride ?? input.channels
    self.reduction = reduction
  }

  /// The number of channels in one unit of work. The range of `globalPool` counts images ×
  /// ⌈channels ÷ channelBlock⌉.
  public static let channelBlock = 32
  /// The number of units of work.
  public var unitCount: Int { input.count * ((input.channels + Self.channelBlock - 1) / Self.channelBlock) }
}

/// A reduction of each row of a matrix to one number.
public struct RowReductionArguments: @unchecked Sendable {
  public var input: UnsafePointer<Float>
  /// The distance between rows in floats.
  public var inputStride: Int
  /// The output, one number per row, `outputStride` floats apart.
  public var output: UnsafeMutablePointer<Float>
  public var outputStride: Int
  public var rows: Int
  /// The elements of a row.
  public var columns: Int
  public var reduction: Reduction

  public init(
    input: UnsafePointer<Float>, inputStride: Int? = nil, output: UnsafeMutablePointer<Float>, outputStride: Int = 1,
    rows: Int, columns: Int, reduction: Reduction
  ) {
    self.input = input
    self.inputStride = inputStride ?? columns
    self.output = output
    self.outputStride = outputStride
    self.rows = rows
    self.columns = columns
    self.reduction = reduction
  }
}

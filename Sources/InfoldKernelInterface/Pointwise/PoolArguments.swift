/// What a pool makes of the elements of a window.
public enum PoolOperation: UInt8, Sendable {
  /// The largest; NaN wins, and a window in which only padding lies gives −∞.
  case maximum
  /// The sum divided by the number of elements inside the picture; NaN where there are none.
  case average
  /// The sum divided by the number of elements inside the picture or its padding.
  case averageIncludingPadding
}

/// A pool over the two spatial dimensions.
public struct PoolArguments: @unchecked Sendable {
  public var input: InputImages<Float>
  /// As many pictures and channels as the input has; must not overlap it.
  public var output: OutputImages<Float>
  public var window: ImageWindow
  public var operation: PoolOperation
  /// Rows of padding below the picture; only `averageIncludingPadding` asks, for the number of elements.
  public var padBottom: Int
  /// Columns of padding behind the picture; only `averageIncludingPadding` asks.
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

/// How many numbers become one.
public enum Reduction: UInt8, Sendable {
  case sum
  case mean
  /// The sum of the magnitudes.
  case magnitudes
  /// The sum of the squares.
  case squares
  /// The root of the sum of the squares, also where these are out of range.
  case norm
  /// The product, also where that of a part is out of range.
  case product
  /// NaN wins; −∞ of no numbers.
  case maximum
  /// NaN wins; ∞ of no numbers.
  case minimum
}

/// A reduction over all pixels of each picture, channel by channel (global pooling, ReduceMean over the spatial axes).
public struct GlobalPoolArguments: @unchecked Sendable {
  public var input: InputImages<Float>
  /// [count, channels]: `outputStride` floats from one picture to the next.
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

  /// Channels that make one unit of work: the range of `globalPool` counts pictures × ⌈channels ÷ channelBlock⌉.
  public static let channelBlock = 32
  /// The number of units of work.
  public var unitCount: Int { input.count * ((input.channels + Self.channelBlock - 1) / Self.channelBlock) }
}

/// A reduction of every row of a matrix to one number.
public struct RowReductionArguments: @unchecked Sendable {
  public var input: UnsafePointer<Float>
  /// Floats from one row to the next.
  public var inputStride: Int
  /// One number per row, `outputStride` floats apart.
  public var output: UnsafeMutablePointer<Float>
  public var outputStride: Int
  public var rows: Int
  /// Numbers per row.
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

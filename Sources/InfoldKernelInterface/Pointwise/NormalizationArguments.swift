/// Softmax or log-softmax of each row of a matrix.
public struct SoftmaxArguments: @unchecked Sendable {
  public var input: UnsafePointer<Float>
  /// The distance between rows in floats.
  public var inputStride: Int
  /// The output. It may alias the input if the strides are equal.
  public var output: UnsafeMutablePointer<Float>
  public var outputStride: Int
  public var rows: Int
  /// The elements of a row, at least 1.
  public var columns: Int
  /// Whether to compute log-softmax.
  public var isLogarithmic: Bool

  public init(
    input: UnsafePointer<Float>, inputStride: Int? = nil, output: UnsafeMutablePointer<Float>, outputStride: Int? = nil,
    rows: Int, columns: Int, isLogarithmic: Bool = false
  ) {
    self.input = input
    self.inputStride = inputStride ?? columns
    self.output = output
    self.outputStride = outputStride ?? columns
    self.rows = rows
    self.columns = columns
    self.isLogarithmic = isLogarithmic
  }
}

/// Layer normalization of each row of a matrix: y = (x − mean) ÷ √(variance + epsilon) · scale +
/// shift with the biased variance. Without subtracting the mean (RMS normalization): y = x ÷ √(mean
/// of x² + epsilon) · scale + shift.
public struct LayerNormalizationArguments: @unchecked Sendable {
  public var input: UnsafePointer<Float>
  /// The distance between rows in floats.
  public var inputStride: Int
  /// The output. It may alias the input if the strides are equal.
  public var output: UnsafeMutablePointer<Float>
  public var outputStride: Int
  public var rows: Int
  /// The elements of a row, at least 1.
  public var columns: Int
  public var epsilon: Float
  public var subtractsMean: Bool
  /// One number per column.
  public var scale: UnsafePointer<Float>
  /// One number per column, or `nil`.
  public var shift: UnsafePointer<Float>?

  public init(
    input: UnsafePointer<Float>, inputStride: Int? = nil, output: UnsafeMutablePointer<Float>, outputStride: Int? = nil,
    rows: Int, columns: Int, epsilon: Float, subtractsMean: Bool = true, scale: UnsafePointer<Float>,
    shift: UnsafePointer<Float>?
  ) {
    self.input = input
    self.inputStride = inputStride ?? columns
    self.output = output
    self.outputStride = outputStride ?? columns
    self.rows = rows
    self.columns = columns
    self.epsilon = epsilon
    self.subtractsMean = subtractsMean
    self.scale = scale
    self.shift = shift
  }
}

/// Instance normalization of each row of a matrix: y = (x − mean) ÷ √(variance + epsilon) · scale +
/// shift with the biased variance. A row is one channel of one image.
public struct InstanceNormalizationArguments: @unchecked Sendable {
  public var input: UnsafePointer<Float>
  /// The output. It may alias the input.
  public var output: UnsafeMutablePointer<Float>
  /// The rows of one image.
  public var channels: Int
  /// The elements of a row, at least 1.
  public var columns: Int
  public var epsilon: Float
  /// One number per channel.
  public var scale: UnsafePointer<Float>
  /// One number per channel.
  public var shift: UnsafePointer<Float>

  public init(
    input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, channels: Int, columns: Int, epsilon: Float,
    scale: UnsafePointer<Float>, shift: UnsafePointer<Float>
  ) {
    self.input = input
    self.output = output
    self.channels = channels
    self.columns = columns
    self.epsilon = epsilon
    self.scale = scale
    self.shift = shift
  }
}

/// Local response normalization over channels: y = x ÷ (bias + alpha ÷ size · Σ x²)^beta. The sum
/// covers `size` channels, from ⌊(size − 1) ÷ 2⌋ before the channel to ⌈(size − 1) ÷ 2⌉ after it.
public struct LocalResponseNormalizationArguments: @unchecked Sendable {
  public var shape: ElementwiseShape
  public var input: ElementwiseInput
  public var output: ElementwiseOutput
  public var size: Int
  public var alpha: Float
  public var beta: Float
  public var bias: Float
  /// Scratch memory of `scratchCount` floats, exclusive to the thread.
  public var scratch: UnsafeMutablePointer<Float>

  public init(
    shape: ElementwiseShape, input: ElementwiseInput, output: ElementwiseOutput, size: Int, alpha: Float, beta: Float,
    bias: Float, scratch: UnsafeMutablePointer<Float>
  ) {
    self.shape = shape
    self.input = input
    self.output = output
    self.size = size
    self.alpha = alpha
    self.beta = beta
    self.bias = bias
    self.scratch = scratch
  }

  /// Returns the number of floats of scratch memory that a thread needs.
  public static func scratchCount(channels: Int, size: Int) -> Int { channels + size + 8 }
}

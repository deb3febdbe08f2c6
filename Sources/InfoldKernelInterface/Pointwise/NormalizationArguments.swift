/// Softmax or log-softmax over every row of a matrix.
public struct SoftmaxArguments: @unchecked Sendable {
  public var input: UnsafePointer<Float>
  /// Floats from one row to the next.
  public var inputStride: Int
  /// May be the input, with the same stride.
  public var output: UnsafeMutablePointer<Float>
  public var outputStride: Int
  public var rows: Int
  /// Numbers per row, at least 1.
  public var columns: Int
  /// Whether the logarithms of the shares are wanted.
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

/// y = (x − mean) ÷ √(variance + epsilon) · scale + shift over every row of a matrix, with the biased variance; or without
/// subtracting the mean, y = x ÷ √(mean of x² + epsilon) · scale + shift.
public struct LayerNormalizationArguments: @unchecked Sendable {
  public var input: UnsafePointer<Float>
  /// Floats from one row to the next.
  public var inputStride: Int
  /// May be the input, with the same stride.
  public var output: UnsafeMutablePointer<Float>
  public var outputStride: Int
  public var rows: Int
  /// Numbers per row, at least 1.
  public var columns: Int
  public var epsilon: Float
  public var subtractsMean: Bool
  /// One number per column.
  public var scale: UnsafePointer<Float>
  /// One number per column, or none.
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

/// y = (x − mean) ÷ √(variance + epsilon) · scale + shift over every row of a matrix, with the biased variance: each row is one
/// channel of one picture.
public struct InstanceNormalizationArguments: @unchecked Sendable {
  public var input: UnsafePointer<Float>
  /// May be the input.
  public var output: UnsafeMutablePointer<Float>
  /// Rows of one picture.
  public var channels: Int
  /// Numbers per row, at least 1.
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

/// Local response normalization over channels: y = x ÷ (bias + alpha ÷ size · Σ x²)^beta, where the sum goes over the
/// `size` channels around the channel, from ⌊(size − 1) ÷ 2⌋ before to ⌈(size − 1) ÷ 2⌉ behind.
public struct LocalResponseNormalizationArguments: @unchecked Sendable {
  public var shape: ElementwiseShape
  public var input: ElementwiseInput
  public var output: ElementwiseOutput
  public var size: Int
  public var alpha: Float
  public var beta: Float
  public var bias: Float
  /// `scratchCount` floats that no other thread uses.
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

  /// How many floats of scratch memory a thread needs.
  public static func scratchCount(channels: Int, size: Int) -> Int { channels + size + 8 }
}

/// Planes that are sums of other planes: y[m] = bias[m] + Σ weights[m, c] · x[c], element by element.
public struct PlaneMixArguments: @unchecked Sendable {
  public var input: UnsafePointer<Float>
  /// Floats from one plane to the next.
  public var inputStride: Int
  /// How many planes are read.
  public var inputs: Int
  /// [outputs, inputs].
  public var weights: UnsafePointer<Float>
  /// For each plane that is written; `nil` for zeros.
  public var bias: UnsafePointer<Float>?
  /// Other memory than the input's.
  public var output: UnsafeMutablePointer<Float>
  /// Floats from one plane to the next.
  public var outputStride: Int
  /// How many planes are written.
  public var outputs: Int

  public init(
    input: UnsafePointer<Float>, inputStride: Int, inputs: Int, weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, output: UnsafeMutablePointer<Float>, outputStride: Int, outputs: Int
  ) {
    self.input = input
    self.inputStride = inputStride
    self.inputs = inputs
    self.weights = weights
    self.bias = bias
    self.output = output
    self.outputStride = outputStride
    self.outputs = outputs
  }
}

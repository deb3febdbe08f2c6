/// Planes that are weighted sums of other planes: y[m] = bias[m] + Σ weights[m, c] · x[c], element
/// by element.
public struct PlaneMixArguments: @unchecked Sendable {
  public var input: UnsafePointer<Float>
  /// The distance between planes in floats.
  public var inputStride: Int
  /// The number of input planes.
  public var inputs: Int
  /// [outputs, inputs].
  public var weights: UnsafePointer<Float>
  /// One number for each output plane, or `nil` for zeros.
  public var bias: UnsafePointer<Float>?
  /// The output. It must not overlap the input.
  public var output: UnsafeMutablePointer<Float>
  /// The distance between planes in floats.
  public var outputStride: Int
  /// The number of output planes.
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

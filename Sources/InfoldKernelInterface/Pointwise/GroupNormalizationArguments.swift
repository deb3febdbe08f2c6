/// Group normalization: mean and biased variance of each group of neighbouring channels of each picture, then y = (x −
/// mean) ÷ √(variance + epsilon) · scale[channel] + shift[channel], and the activation of it. Instance normalization has as many
/// groups as channels.
///
/// It takes three kernels, each of which needs all that the one before made: sums over parts of the pixels, what they make of every
/// group, and the normalization of the parts.
public struct GroupNormalizationArguments: @unchecked Sendable {
  public var activation: Activation
  public var input: InputImages<Float>
  /// Of the input's size; may be the input, with the same stride.
  public var output: OutputImages<Float>
  /// Divides the channels.
  public var groups: Int
  public var epsilon: Float
  /// One number per channel.
  public var scale: UnsafePointer<Float>
  /// One number per channel.
  public var shift: UnsafePointer<Float>
  /// `momentCount` numbers that the kernels hand on to each other.
  public var moments: UnsafeMutablePointer<Double>

  public init(
    activation: Activation = .identity, input: InputImages<Float>, output: OutputImages<Float>, groups: Int,
    epsilon: Float, scale: UnsafePointer<Float>, shift: UnsafePointer<Float>, moments: UnsafeMutablePointer<Double>
  ) {
    self.activation = activation
    self.input = input
    self.output = output
    self.groups = groups
    self.epsilon = epsilon
    self.scale = scale
    self.shift = shift
    self.moments = moments
  }

  /// The pixels of a part. The sums depend on it, and so it depends on the channels alone.
  public var partPixels: Int { max(32, (1 << 15) / input.channels) }
  /// The parts of a picture.
  public var parts: Int { (input.height * input.width + partPixels - 1) / partPixels }
  /// The units of work of the first and the last kernel: all parts.
  public var partCount: Int { input.count * parts }
  /// The units of work of the second kernel: all groups.
  public var groupCount: Int { input.count * groups }

  /// The numbers for each channel of a part.
  public static var momentsPerChannel: Int { 3 }
  /// The numbers for each group of a picture.
  public static var momentsPerGroup: Int { 3 }
  /// The doubles in `moments`: those of all parts, and then those of all groups.
  public var momentCount: Int {
    partCount * input.channels * Self.momentsPerChannel + groupCount * Self.momentsPerGroup
  }
}

/// Group normalization. It computes mean and biased variance of each group of adjacent channels of
/// each image, then y = (x − mean) ÷ √(variance + epsilon) · scale[channel] + shift[channel],
/// followed by the activation. Instance normalization has as many groups as channels.
///
/// It takes three kernels, each of which needs the complete results of the one before: sums over
/// parts of the pixels, the moments of each group, and the normalization of the parts.
public struct GroupNormalizationArguments: @unchecked Sendable {
  public var activation: Activation
  public var input: InputImages<Float>
  /// The output, with the input's size. It may alias the input if the strides are equal.
  public var output: OutputImages<Float>
  /// The number of groups. It divides the channels.
  public var groups: Int
  public var epsilon: Float
  /// One number per channel.
  public var scale: UnsafePointer<Float>
  /// One number per channel.
  public var shift: UnsafePointer<Float>
  /// `momentCount` numbers that the kernels pass to each other.
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

  /// The pixels of a part. The sums depend on it, so it is a function of the channels alone.
  public var partPixels: Int { max(32, (1 << 15) / input.channels) }
  /// The parts of an image.
  public var parts: Int { (input.height * input.width + partPixels - 1) / partPixels }
  /// The units of work of the first and the last kernel: all parts.
  public var partCount: Int { input.count * parts }
  /// The units of work of the second kernel: all groups.
  public var groupCount: Int { input.count * groups }

  /// The numbers that are stored for each channel of a part.
  public static var momentsPerChannel: Int { 3 }
  /// The numbers that are stored for each group of an image.
  public static var momentsPerGroup: Int { 3 }
  /// The number of doubles in `moments`: those of all parts, followed by those of all groups.
  public var momentCount: Int {
    partCount * input.channels * Self.momentsPerChannel + groupCount * Self.momentsPerGroup
  }
}

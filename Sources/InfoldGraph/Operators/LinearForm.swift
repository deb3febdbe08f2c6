import InfoldTensor

/// An operator that is linear in its first input: it sums products with the second input, the
/// weight, for each output channel. Affine maps of channels before and after it can be folded into
/// a constant weight.
///
/// The first two dimensions of the weight are the output and input channels, in either order. In a
/// grouped operator, the first dimension covers the channels of all groups, the second those of one
/// group.
public struct LinearForm: Sendable {
  /// The dimension of the weight, 0 or 1, that is the output channels.
  public var outputAxis: Int
  /// Whether the weight has window dimensions after the first two; otherwise it is a matrix.
  public var hasWindow: Bool
  /// The number of groups.
  public var groups: Int
  /// Whether the output's channels are its last dimension rather than its second.
  public var writesChannelsLast: Bool
  /// The factor of the products.
  public var alpha: Float
  /// The bias.
  public var bias: Bias
  /// How the operator reads its first input; `nil` if folding does not support it.
  public var reading: Reading?

  /// The factor of the bias.
  public var beta: Float {
    if case .scaled(let beta, _) = bias { beta } else { 1 }
  }

  /// The bias, input 2 if the node has it.
  public enum Bias: Sendable {
    /// The operator has no bias.
    case none
    /// One number per output channel.
    case perChannel
    /// A tensor that is multiplied by `beta` and broadcast to the output. After the attributes in
    /// `plain` have replaced those of the same names, beta is 1, and the bias may have one number
    /// per output channel.
    case scaled(beta: Float, plain: AttributeList)
  }

  /// How the first input, whose second dimension is the channels, is read.
  public enum Reading: Sendable {
    /// Without padding.
    case numbers
    /// With zero padding where `Operator.mayPad(input:weight:)` says so.
    case window
    /// As a transposed matrix, so that the channels are its first dimension.
    case transposed
  }

  /// Creates a linear form.
  public init(
    outputAxis: Int, hasWindow: Bool = false, groups: Int = 1, writesChannelsLast: Bool = false, alpha: Float = 1,
    bias: Bias = .perChannel, reading: Reading? = nil
  ) {
    self.outputAxis = outputAxis
    self.hasWindow = hasWindow
    self.groups = groups
    self.writesChannelsLast = writesChannelsLast
    self.alpha = alpha
    self.bias = bias
    self.reading = reading
  }
}

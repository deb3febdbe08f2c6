import InfoldTensor

/// How an operator is linear in its first input: it adds up products of that with the second input, the weight, per channel of the
/// output. Maps of channels before and behind it can be folded into a constant weight.
///
/// One of the weight's first two dimensions is that of the output channels, the other that of the input channels. Of groups, the second
/// dimension has the channels of one, and the first those of all.
public struct LinearForm: Sendable {
  /// Which of the weight's first two dimensions is that of the output channels.
  public var outputAxis: Int
  /// Whether a window lies behind these two dimensions; else the weight is a matrix.
  public var hasWindow: Bool
  /// The groups that the channels are split into.
  public var groups: Int
  /// Whether the output's channels are its last dimension; else they are the second.
  public var writesChannelsLast: Bool
  /// What the products are multiplied with.
  public var alpha: Float
  /// What is added to the products.
  public var bias: Bias
  /// What the operator reads of its first input; `nil` where folding does not know.
  public var reading: Reading?

  /// What the bias is multiplied with.
  public var beta: Float {
    if case .scaled(let beta, _) = bias { beta } else { 1 }
  }

  /// What is added to the products: input 2, where the node has it.
  public enum Bias: Sendable {
    /// The operator takes none.
    case none
    /// One number per output channel.
    case perChannel
    /// A tensor that is multiplied with beta, and repeated for the shape of the output. With the attributes `plain` in the place of
    /// those of the same names, beta is 1, and one number per output channel is allowed.
    case scaled(beta: Float, plain: AttributeList)
  }

  /// What is read of the first input, whose second dimension has the channels.
  public enum Reading: Sendable {
    /// Its numbers alone.
    case numbers
    /// Its numbers, and zeros beside it where `Operator.mayPad(input:weight:)` says so.
    case window
    /// The same as a matrix with rows and columns exchanged, so that the channels are its first dimension.
    case transposed
  }

  /// A form.
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

/// A function of one number, for element-wise operators with one input.
///
/// Kernels compute operators that declare their function (`Operator.elementFunction`), and may fuse
/// them into the operator before. NaN stays NaN.
public enum ElementFunction: Sendable, Hashable {
  /// |x|.
  case absolute
  /// −x.
  case negative
  /// 1 ÷ x.
  case reciprocal
  /// √x.
  case squareRoot
  /// The largest integer not above x.
  case floor
  /// The smallest integer not below x.
  case ceiling
  /// The nearest integer, with ties to even.
  case roundToEven
  /// eˣ.
  case exponential
  /// The natural logarithm.
  case logarithm
  /// The Gauss error function.
  case errorFunction
  /// The hyperbolic tangent.
  case tanh
  /// 1 ÷ (1 + e⁻ˣ).
  case sigmoid
  /// x ÷ (1 + e^(−alpha · x)).
  case swish(alpha: Float)
  /// x · Φ(x), with the error function.
  case gelu
  /// x · Φ(x), approximated by a hyperbolic tangent.
  case geluByTanh
  /// x limited to [lower, upper]. The lower bound does not exceed the upper one; both may be
  /// infinite.
  case clip(lower: Float, upper: Float)
  /// x where x ≥ 0, else alpha · x.
  case leakyRelu(alpha: Float)
  /// x where x ≥ 0, else alpha · (eˣ − 1).
  case elu(alpha: Float)
  /// gamma · x where x > 0, else gamma · alpha · (eˣ − 1).
  case selu(alpha: Float, gamma: Float)
  /// alpha · x + beta, limited to [0, 1].
  case hardSigmoid(alpha: Float, beta: Float)
  /// x · hardSigmoid(x) with alpha = 1⁄6 and beta = ½.
  case hardSwish
  /// log(1 + eˣ).
  case softplus
  /// x ÷ (1 + |x|).
  case softsign
  /// x · tanh(softplus(x)).
  case mish
  /// The sine.
  case sine
  /// The cosine.
  case cosine
}

/// How an operator combines corresponding elements of its inputs: the first two, then their result
/// with the next.
public struct ElementCombination: Sendable, Hashable {
  /// A function of two numbers.
  public enum Function: Sendable, Hashable {
    /// a + b.
    case sum
    /// a − b.
    case difference
    /// a · b.
    case product
    /// a ÷ b.
    case quotient
    /// The larger of both, or NaN if either is NaN.
    case maximum
    /// The smaller of both, or NaN if either is NaN.
    case minimum
    /// a where a ≥ 0, else b · a.
    case parametricRelu
  }

  /// The function.
  public let function: Function
  /// How the second input is broadcast with the first, and further inputs with the result.
  public let broadcast: BroadcastRule

  /// Creates a combination.
  public init(_ function: Function, _ broadcast: BroadcastRule) {
    self.function = function
    self.broadcast = broadcast
  }
}

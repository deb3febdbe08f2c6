/// A function of one number, for operators that compute each element of their output from the one in its place.
///
/// An operator that says which one it is (`Operator.elementFunction`) is computed by kernels, and may be fused into the operator
/// before it. NaN stays NaN.
public enum ElementFunction: Sendable, Hashable {
  /// |x|.
  case absolute
  /// −x.
  case negative
  /// 1 ÷ x.
  case reciprocal
  /// √x.
  case squareRoot
  /// The greatest integer that is at most x.
  case floor
  /// The least integer that is at least x.
  case ceiling
  /// The nearest integer; of two, the even one.
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
  /// x, but at least `lower` and at most `upper`; the lower bound is not above the upper one, and both may be infinite.
  case clip(lower: Float, upper: Float)
  /// x where x ≥ 0, else alpha · x.
  case leakyRelu(alpha: Float)
  /// x where x ≥ 0, else alpha · (eˣ − 1).
  case elu(alpha: Float)
  /// gamma · x where x > 0, else gamma · alpha · (eˣ − 1).
  case selu(alpha: Float, gamma: Float)
  /// alpha · x + beta, but at least 0 and at most 1.
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

/// How an operator combines the elements in the same place of all its inputs, the first two, then their result with the next.
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
    /// The greater of both; NaN where one is.
    case maximum
    /// The lesser of both; NaN where one is.
    case minimum
    /// a where a ≥ 0, else b · a.
    case parametricRelu
  }

  /// The function.
  public let function: Function
  /// How the shape of the second input is brought together with that of the first, and those of further ones with the result.
  public let broadcast: BroadcastRule

  /// A combination.
  public init(_ function: Function, _ broadcast: BroadcastRule) {
    self.function = function
    self.broadcast = broadcast
  }
}

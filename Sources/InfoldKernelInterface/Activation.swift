/// A function that a kernel applies to each element before storing it.
public struct Activation: Sendable, Hashable {
  /// An activation function.
  public enum Function: UInt8, Sendable {
    /// x.
    case identity
    /// min(max(x, `a`), `b`): Relu, Relu6, Clip. NaN stays NaN.
    case clip
    /// x where x ≥ 0, else `a` · x.
    case leakyRelu
    /// min(max(`a` · x + `b`, 0), 1).
    case hardSigmoid
    /// x · min(max(x ÷ 6 + ½, 0), 1).
    case hardSwish
    /// 1 ÷ (1 + exp(−x)).
    case sigmoid
    /// x ÷ (1 + exp(−x)).
    case silu
    /// tanh(x).
    case tanh
    /// x · Φ(x) with the error function.
    case gelu
    /// x · Φ(x), approximated with tanh.
    case geluTanh
    /// eˣ.
    case exponential
    /// x where x ≥ 0, else `a` · (eˣ − 1).
    case elu
    /// log(1 + eˣ).
    case softplus
    /// x · tanh(log(1 + eˣ)).
    case mish
  }

  /// The function.
  public var function: Function
  /// The function's first parameter.
  public var a: Float
  /// The function's second parameter.
  public var b: Float

  /// Creates a function with its parameters.
  public init(_ function: Function, _ a: Float = 0, _ b: Float = 0) {
    self.function = function
    self.a = a
    self.b = b
  }

  /// The identity.
  public static let identity = Activation(.identity)
  /// max(x, 0).
  public static let relu = Activation(.clip, 0, .infinity)
}

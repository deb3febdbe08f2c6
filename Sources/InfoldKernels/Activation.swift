import InfoldKernelInterface

extension Vector {
  /// An activation of every element.
  @inline(always)
  func applying(_ activation: Activation) -> Vector {
    switch activation.function {
    case .identity: self
    case .clip: clip(self, activation.a, activation.b)
    case .leakyRelu: leakyRelu(self, Vector(repeating: activation.a))
    case .hardSigmoid: hardSigmoid(self, activation.a, activation.b)
    case .hardSwish: self * hardSigmoid(self, 1 / 6, 0.5)
    case .sigmoid: outlinedSigmoid(self)
    case .silu: self * outlinedSigmoid(self)
    case .tanh: outlinedTangent(self)
    case .gelu: outlinedGaussian(self)
    }
  }
}

/// An activation, with the frequent ones brought to two bounds: what has none is between −∞ and ∞.
struct BoundedActivation {
  private let activation: Activation
  private let low: Float
  private let high: Float
  /// Whether the bounds are all there is to it.
  let isClip: Bool

  @inline(always)
  init(_ activation: Activation) {
    self.activation = activation
    isClip = activation.function == .clip || activation.function == .identity
    low = activation.function == .clip ? activation.a : -.infinity
    high = activation.function == .clip ? activation.b : .infinity
  }

  @inline(always)
  func apply(_ x: Vector) -> Vector {
    if isClip { return clipped(x) }
    return activation.function == .hardSwish ? x * hardSigmoid(x, 1 / 6, 0.5) : applyOther(x)
  }

  /// The activation, if the bounds are all there is to it.
  @inline(always)
  func clipped(_ x: Vector) -> Vector { clip(x, low, high) }

  @inline(never)
  private func applyOther(_ x: Vector) -> Vector { x.applying(activation) }
}

// Long functions stand apart, so that they do not fill the loops of all kernels.
@inline(never) private func outlinedSigmoid(_ x: Vector) -> Vector { sigmoid(x) }
@inline(never) private func outlinedTangent(_ x: Vector) -> Vector { hyperbolicTangent(x) }
@inline(never) private func outlinedGaussian(_ x: Vector) -> Vector { gaussianErrorLinearUnit(x) }

/// x where x ≥ 0, else x · slope.
@inline(always)
func leakyRelu(_ x: Vector, _ slope: Vector) -> Vector {
  select(x * slope, x, whereNegative: x)
}

/// max(0, min(1, a·x + b)).
@inline(always)
func hardSigmoid(_ x: Vector, _ a: Float, _ b: Float) -> Vector {
  clip(Vector.multiplyAdd(x, Vector(repeating: a), Vector(repeating: b)), 0, 1)
}

import InfoldKernelInterface

extension Vector {
  /// An activation of every element.
  @inline(__always)
  func applying(_ activation: Activation) -> Vector {
    switch activation.function {
    case .identity: self
    case .clip: clip(self, activation.a, activation.b)
    case .leakyRelu: leakyRelu(self, activation.a)
    case .hardSigmoid: hardSigmoid(self, activation.a, activation.b)
    case .hardSwish: self * hardSigmoid(self, 1 / 6, 0.5)
    case .sigmoid: outlinedSigmoid(self)
    case .silu: self * outlinedSigmoid(self)
    case .tanh: outlinedTangent(self)
    case .gelu: outlinedGaussian(self)
    }
  }
}

// Long functions stand apart, so that they do not fill the loops of all kernels.
@inline(never) private func outlinedSigmoid(_ x: Vector) -> Vector { sigmoid(x) }
@inline(never) private func outlinedTangent(_ x: Vector) -> Vector { hyperbolicTangent(x) }
@inline(never) private func outlinedGaussian(_ x: Vector) -> Vector { gaussianErrorLinearUnit(x) }

@inline(__always)
func leakyRelu(_ x: Vector, _ slope: Float) -> Vector {
  x.replacing(with: x * Vector(repeating: slope), where: x .< Vector(repeating: 0))
}

/// max(0, min(1, a·x + b)).
@inline(__always)
func hardSigmoid(_ x: Vector, _ a: Float, _ b: Float) -> Vector {
  clip(Vector.multiplyAdd(x, Vector(repeating: a), Vector(repeating: b)), 0, 1)
}

import InfoldGraph
import InfoldKernelInterface

/// A kernel's function of one number, with its parameters.
struct UnaryKernel {
  let function: UnaryFunction
  let alpha: Float
  let beta: Float

  private init(_ function: UnaryFunction, _ alpha: Float = 0, _ beta: Float = 0) {
    self.function = function
    self.alpha = alpha
    self.beta = beta
  }

  /// Returns `nil` for a non-finite alpha, which kernels would multiply by zero.
  init?(of function: ElementFunction) {
    switch function {
    case .absolute: self.init(.absolute)
    case .negative: self.init(.negative)
    case .reciprocal: self.init(.reciprocal)
    case .squareRoot: self.init(.squareRoot)
    case .floor: self.init(.floor)
    case .ceiling: self.init(.ceiling)
    case .roundToEven: self.init(.roundToEven)
    case .exponential: self.init(.exponential)
    case .logarithm: self.init(.logarithm)
    case .errorFunction: self.init(.errorFunction)
    case .tanh: self.init(.tanh)
    case .sigmoid: self.init(.sigmoid)
    case .swish(let alpha): self.init(.swish, alpha)
    case .gelu: self.init(.gelu)
    case .geluByTanh: self.init(.geluTanh)
    case .clip(let lower, let upper): self.init(.clip, lower, upper)
    case .leakyRelu(let alpha) where alpha.isFinite: self.init(.leakyRelu, alpha)
    case .elu(let alpha) where alpha.isFinite: self.init(.elu, alpha)
    case .selu(let alpha, let gamma) where alpha.isFinite: self.init(.selu, alpha, gamma)
    case .leakyRelu, .elu, .selu: return nil
    case .hardSigmoid(let alpha, let beta): self.init(.hardSigmoid, alpha, beta)
    case .hardSwish: self.init(.hardSwish, 1 / 6, 0.5)
    case .softplus: self.init(.softplus)
    case .softsign: self.init(.softsign)
    case .mish: self.init(.mish)
    case .sine: self.init(.sine)
    case .cosine: self.init(.cosine)
    }
  }
}

extension Activation {
  /// Returns `nil` for a function that kernels cannot apply to their results.
  init?(of function: ElementFunction) {
    switch function {
    case .clip(let lower, let upper): self.init(.clip, lower, upper)
    // Kernels also multiply zeros, which gives NaN for a non-finite alpha.
    case .leakyRelu(let alpha) where alpha.isFinite: self.init(.leakyRelu, alpha)
    case .elu(let alpha) where alpha.isFinite: self.init(.elu, alpha)
    case .hardSigmoid(let alpha, let beta): self.init(.hardSigmoid, alpha, beta)
    case .hardSwish: self.init(.hardSwish)
    case .sigmoid: self.init(.sigmoid)
    case .swish(alpha: 1): self.init(.silu)
    case .tanh: self.init(.tanh)
    case .gelu: self.init(.gelu)
    case .geluByTanh: self.init(.geluTanh)
    case .exponential: self.init(.exponential)
    case .softplus: self.init(.softplus)
    case .mish: self.init(.mish)
    default: return nil
    }
  }
}

extension BinaryFunction {
  /// Creates the kernels' function for a function of two numbers.
  init(_ function: ElementCombination.Function) {
    self =
      switch function {
      case .sum: .add
      case .difference: .subtract
      case .product: .multiply
      case .quotient: .divide
      case .maximum: .maximum
      case .minimum: .minimum
      case .parametricRelu: .parametricRelu
      }
  }
}

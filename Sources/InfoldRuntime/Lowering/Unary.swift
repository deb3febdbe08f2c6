import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem

/// An operator that computes each element from one, by a function that kernels have.
protocol UnaryLowering: LoweredOperator {}

extension Abs: UnaryLowering {}
extension Neg: UnaryLowering {}
extension Reciprocal: UnaryLowering {}
extension Sqrt: UnaryLowering {}
extension Floor: UnaryLowering {}
extension Ceil: UnaryLowering {}
extension Round: UnaryLowering {}
extension Exp: UnaryLowering {}
extension Log: UnaryLowering {}
extension Erf: UnaryLowering {}
extension Tanh: UnaryLowering {}
extension Sigmoid: UnaryLowering {}
extension Swish: UnaryLowering {}
extension Gelu: UnaryLowering {}
extension Relu: UnaryLowering {}
extension Clip: UnaryLowering {}
extension LeakyRelu: UnaryLowering {}
extension Elu: UnaryLowering {}
extension Selu: UnaryLowering {}
extension HardSigmoid: UnaryLowering {}
extension HardSwish: UnaryLowering {}
extension Softplus: UnaryLowering {}
extension Softsign: UnaryLowering {}
extension Mish: UnaryLowering {}

/// A function of one number with its parameters.
private struct Function {
  var function: UnaryFunction
  var alpha: Float = 0
  var beta: Float = 0

  init(_ function: UnaryFunction, _ alpha: Float = 0, _ beta: Float = 0) {
    self.function = function
    self.alpha = alpha
    self.beta = beta
  }

  /// The function of a node; `nil` for a Clip whose bounds a run decides, and for an alpha that is not finite, by which kernels
  /// would multiply a zero.
  init?(_ node: Node, _ plan: PlanBuilder) {
    switch node.typed {
    case is Abs: self.init(.absolute)
    case is Neg: self.init(.negative)
    case is Reciprocal: self.init(.reciprocal)
    case is Sqrt: self.init(.squareRoot)
    case is Floor: self.init(.floor)
    case is Ceil: self.init(.ceiling)
    case is Round: self.init(.roundToEven)
    case is Exp: self.init(.exponential)
    case is Log: self.init(.logarithm)
    case is Erf: self.init(.errorFunction)
    case is Tanh: self.init(.tanh)
    case is Sigmoid: self.init(.sigmoid)
    case let swish as Swish: self.init(.swish, swish.alpha)
    case let gelu as Gelu: self.init(gelu.approximation == .tanh ? .geluTanh : .gelu)
    case is Relu: self.init(.clip, 0, .infinity)
    case let clip as Clip:
      let bounds = clip.bounds(of: node, plan.constants)
      guard let lower = bounds.lower, let upper = bounds.upper, lower <= upper else { return nil }
      self.init(.clip, lower, upper)
    case let leaky as LeakyRelu where leaky.alpha.isFinite: self.init(.leakyRelu, leaky.alpha)
    case let elu as Elu where elu.alpha.isFinite: self.init(.elu, elu.alpha)
    case let selu as Selu where selu.alpha.isFinite: self.init(.selu, selu.alpha, selu.gamma)
    case let hard as HardSigmoid: self.init(.hardSigmoid, hard.alpha, hard.beta)
    case is HardSwish: self.init(.hardSwish, 1 / 6, 0.5)
    case is Softplus: self.init(.softplus)
    case is Softsign: self.init(.softsign)
    case is Mish: self.init(.mish)
    default: return nil
    }
  }
}

extension UnaryLowering {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let function = Function(fused.node, plan), let x = fused.node.inputs[0],
      let y = fused.output, let sizes = plan.sizes(y), plan.sizes(x) == sizes
    else { return false }
    let layout: Layout = plan.layouts(of: x).contains(.rowMajor) ? .rowMajor : .channelsLast
    let source = try plan.location(of: x, layout)
    let target = plan.define(y, layout, inPlaceOf: x)
    let operands = ElementwiseOperands((sizes, target), [(sizes, source)])!
    let kernels = plan.kernels
    plan.emitElementwise(operands, "element-wise", reads: [source], write: target, cost: sizes.reduce(4, *)) {
      pixels, frame in
      kernels.unary(
        UnaryArguments(
          function.function, alpha: function.alpha, beta: function.beta, shape: operands.shape,
          input: operands.input(0, frame.pointer(source)), output: operands.output(frame.pointer(target))),
        pixels: pixels)
    }
    return true
  }
}

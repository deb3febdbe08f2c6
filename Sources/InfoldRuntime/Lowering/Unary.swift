import InfoldGraph
import InfoldKernelInterface
import InfoldSystem

/// How kernels compute an operator that is one function of each number.
struct UnaryLowering: Lowering {
  let function: ElementFunction

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let kernel = UnaryKernel(of: function), let x = fused.node.inputs.first ?? nil, let y = fused.output,
      let sizes = plan.sizes(y), plan.sizes(x) == sizes
    else { return false }
    let layout: Layout = plan.layouts(of: x).contains(.rowMajor) ? .rowMajor : .channelsLast
    let source = try plan.location(of: x, layout)
    let target = plan.define(y, layout, inPlaceOf: x)
    let operands = ElementwiseOperands((sizes, target), [(sizes, source)])!
    let kernels = plan.lanewiseKernels
    plan.emitElementwise(operands, "element-wise", reads: [source], write: target, cost: sizes.reduce(4, *)) {
      pixels, places in
      kernels.unary(
        UnaryArguments(
          kernel.function, alpha: kernel.alpha, beta: kernel.beta, shape: operands.shape,
          input: operands.input(0, places.source(source)), output: operands.output(places.target(target))),
        pixels: pixels)
    }
    return true
  }
}

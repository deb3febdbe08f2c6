import InfoldGraph
import InfoldKernelInterface
import InfoldSystem

/// Lowers an operator that applies one function to each number.
struct UnaryLowering: Lowering {
  let function: ElementFunction

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let kernel = UnaryKernel(of: function), let x = fused.node.inputs.first ?? nil, let y = fused.output,
      let sizes = plan.sizes(y), plan.sizes(x) == sizes
    else { return false }
    let layout: Layout = plan.layouts(of: x).contains(.rowMajor) ? .rowMajor : .channelsLast
    let source = try plan.location(of: x, layout)
    let target = plan.define(y, layout, inPlaceOf: x)
    plan.emitUnary(kernel.function, alpha: kernel.alpha, beta: kernel.beta, sizes, from: source, to: target)
    return true
  }
}

extension PlanBuilder {
  /// Adds a function of every number of a value.
  mutating func emitUnary(
    _ function: UnaryFunction, alpha: Float = 0, beta: Float = 0, _ sizes: [Int], from source: Location,
    to target: Location
  ) {
    let loops = ElementwiseOperands((sizes, target), [(sizes, source)])!, kernels = lanewiseKernels
    emitElementwise(loops, "element-wise", reads: [source], write: target, cost: sizes.reduce(4, *)) {
      pixels, places in
      kernels.unary(
        UnaryArguments(
          function, alpha: alpha, beta: beta, shape: loops.shape, input: loops.input(0, places.source(source)),
          output: loops.output(places.target(target))),
        pixels: pixels)
    }
  }
}

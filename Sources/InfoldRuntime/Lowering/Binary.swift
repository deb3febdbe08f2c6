import InfoldGraph
import InfoldKernelInterface

/// An operator that computes each element from two, by a function that kernels have.
protocol BinaryLowering: LoweredOperator {}

extension Add: BinaryLowering {}
extension Sub: BinaryLowering {}
extension Mul: BinaryLowering {}
extension Div: BinaryLowering {}
extension Max: BinaryLowering {}
extension Min: BinaryLowering {}
extension Sum: BinaryLowering {}
extension PRelu: BinaryLowering {}

extension BinaryLowering {
  private var function: BinaryFunction {
    switch self {
    case is Sub: .subtract
    case is Mul: .multiply
    case is Div: .divide
    case is Max: .maximum
    case is Min: .minimum
    case is PRelu: .parametricRelu
    default: .add
    }
  }

  /// The operands with their sizes, the second's such that NumPy's rule brings them together.
  private func operands(_ node: Node, _ plan: PlanBuilder) -> [(value: ValueID, sizes: [Int])]? {
    guard node.inputs.count == 2, let a = node.inputs[0], let b = node.inputs[1], let left = plan.sizes(a),
      let right = plan.sizes(b), plan.sizes(node.outputs[0]) != nil
    else { return nil }
    guard let rule = (self as? any BinaryOperator)?.broadcast else { return [(a, left), (b, right)] }
    guard let aligned = try? rule.aligned(Shape(right), to: Shape(left)).sizes else { return nil }
    return [(a, left), (b, aligned)]
  }

  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability {
    guard let operands = operands(node, plan), let sizes = plan.sizes(node.outputs[0]) else { return [] }
    // Only where both layouts can be had without another operand in the way.
    return operands.allSatisfy({ $0.sizes == sizes || $0.sizes.allSatisfy { $0 == 1 } }) ? .activation : []
  }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let operands = operands(fused.node, plan), let y = fused.output, let sizes = plan.sizes(y) else {
      return false
    }
    // The layout in which the large operands lie already.
    let isImage = sizes.count == 3 || sizes.count == 4
    let wantsChannelsLast =
      isImage
      && operands.contains {
        $0.sizes.count == sizes.count && !plan.layouts(of: $0.value).contains(.rowMajor)
      }
    let layout: Layout = wantsChannelsLast ? .channelsLast : .rowMajor
    var places: [(sizes: [Int], place: Location)] = []
    for operand in operands {
      // An operand of fewer dimensions has no channels of its own to put last: it must lie the same either way.
      let isWhole = operand.sizes.count == sizes.count && plan.sizes(operand.value) == operand.sizes
      if layout == .channelsLast, !isWhole, !operand.sizes.isOneRun { return false }
      places.append((operand.sizes, try plan.location(of: operand.value, isWhole ? layout : .rowMajor)))
    }
    let whole = operands.first { $0.sizes == sizes }?.value
    // A slice of a concatenation lies apart from pixel to pixel, which may take a loop more.
    let gap = plan.concatenations.part(y) == nil ? 0 : 1
    let expected = Location(
      storage: 0, offset: 0, layout: layout, pixelStride: layout == .channelsLast ? sizes[1] + gap : sizes.last ?? 1)
    guard ElementwiseOperands((sizes, expected), places) != nil else { return false }
    let output = plan.define(y, layout, inPlaceOf: whole)
    let loops = ElementwiseOperands((sizes, output), places)!
    let (kernels, function, activation) = (plan.kernels, function, fused.activation)
    let (left, right) = (places[0].place, places[1].place)
    let step = RangeStep(units: loops.shape.unitCount, cost: sizes.reduce(2, *)) { pixels, frame, _ in
      kernels.binary(
        BinaryArguments(
          function, activation: activation, shape: loops.shape, left: loops.input(0, frame.pointer(left)),
          right: loops.input(1, frame.pointer(right)), output: loops.output(frame.pointer(output))),
        pixels: pixels)
    }
    plan.emit(step, "element-wise", reads: [left, right], writes: [output])
    return true
  }
}

extension [Int] {
  /// Whether at most one of the sizes is more than 1.
  fileprivate var isOneRun: Bool { filter { $0 > 1 }.count <= 1 }
}

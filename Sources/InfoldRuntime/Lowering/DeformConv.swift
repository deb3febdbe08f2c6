import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension DeformConv: LoweredOperator {
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability {
    problem(node, plan) == nil ? [] : [.activation, .residual]
  }

  /// Returns the sizes, the weights and the bias of a node that kernels support.
  private func problem(
    _ node: Node, _ plan: PlanBuilder
  ) -> (input: ImageShape, output: ImageShape, weight: Tensor, bias: Tensor?)? {
    func input(_ index: Int) -> ValueID? { index < node.inputs.count ? node.inputs[index] : nil }
    guard let x = plan.sizes(input(0)), let y = plan.sizes(node.outputs[0]), plan.sizes(input(2)) != nil,
      let weight = plan.constant(input(1)), x.count == 4, let image = ImageShape(x), let result = ImageShape(y),
      input(3) == nil || plan.constant(input(3)) != nil, input(4) == nil || plan.sizes(input(4)) != nil
    else { return nil }
    return (image, result, weight, plan.constant(input(3)))
  }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let (input, output, weight, bias) = problem(fused.node, plan), let x = fused.node.inputs[0],
      let offsets = fused.node.inputs[2], let y = fused.output,
      let window = try? window(kernel: Array(weight.shape[2...])),
      let extents = try? window.extents([input.height, input.width])
    else { return false }
    let moving = ImageWindow(window, extents)
    let taps = moving.height * moving.width, channels = input.channels / group, filters = output.channels / group
    let (kernels, workers) = (plan.productKernels, plan.workers)
    let count = kernels.packedCount(rows: taps * channels, columns: filters)
    let constant = try plan.packed.constant(
      of: [weight], form: "panels of \(group) groups, \(kernels.name)",
      byteCount: group * count * MemoryLayout<Float>.stride
    ) { target in
      weight.withUnsafeBytes { bytes in
        for group in 0..<group {
          kernels.pack(
            PackArguments(
              source: bytes.baseAddress!.assumingMemoryBound(to: Float.self) + group * filters * channels * taps,
              taps: taps, channels: channels, tapStride: 1, channelStride: taps, columnStride: channels * taps,
              columnCount: filters, columns: 0..<filters,
              packed: target.assumingMemoryBound(to: Float.self) + group * count),
            workers: workers)
        }
      }
    }
    let image = try plan.location(of: x, .channelsLast), places = try plan.location(of: offsets, .rowMajor)
    var mask: Location?
    if fused.node.inputs.count > 4, let id = fused.node.inputs[4] { mask = try plan.location(of: id, .rowMajor) }
    let epilogue = try plan.epilogue(fused, bias: bias, layout: .channelsLast)
    let step = DeformableStep(
      kernels: plan.kernels, productKernels: kernels, image: input, result: output, window: moving, groups: group,
      offsetGroups: offsetGroup, input: image, offsets: places, mask: mask,
      weights: plan.location(of: .packed(constant)), epilogue: epilogue, output: plan.define(y, .channelsLast))
    plan.emit(
      step, "gathered columns",
      reads: [image, places, mask, step.weights, epilogue.bias, epilogue.residual], writes: [step.output],
      multiplyAccumulates: saturatedProduct(output.count, weight.count / output.channels))
    return true
  }
}

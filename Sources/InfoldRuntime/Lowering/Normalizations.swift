import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension LayerNormalization: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    let node = fused.node
    guard node.outputs.dropFirst().allSatisfy({ $0 == nil }), let x = node.inputs[0], let y = fused.output,
      let sizes = plan.sizes(x), plan.sizes(y) == sizes, let first = try? normalizedAxis(axis, rank: sizes.count),
      let scale = node.inputs[1]
    else { return false }
    let shift = node.inputs.count > 2 ? node.inputs[2] : nil
    let columns = sizes[first...].reduce(1, *), rows = sizes[..<first].reduce(1, *)
    // Scale and shift may lack outer dimensions of one element, and nothing else.
    for operand in [scale, shift].compactMap({ $0 }) {
      guard let given = plan.sizes(operand), given.reduce(1, *) == columns,
        given.drop(while: { $0 == 1 }).elementsEqual(sizes[first...].drop { $0 == 1 })
      else { return false }
    }
    let source = try plan.location(of: x, .rowMajor), scales = try plan.location(of: scale, .rowMajor)
    var shifts: Location?
    if let shift { shifts = try plan.location(of: shift, .rowMajor) }
    let target = plan.define(y, .rowMajor, inPlaceOf: x)
    let (kernels, epsilon) = (plan.kernels, epsilon)
    let step = RangeStep(units: rows, cost: 4 * rows * columns) { [shifts] range, frame, _ in
      kernels.layerNormalization(
        LayerNormalizationArguments(
          input: frame.pointer(source), output: frame.pointer(target), rows: rows, columns: columns, epsilon: epsilon,
          scale: frame.pointer(scales), shift: shifts.map { UnsafePointer(frame.pointer($0)) }),
        rows: range)
    }
    plan.emit(step, "layer normalization", reads: [source, scales, shifts], writes: [target])
    return true
  }
}

extension InstanceNormalization: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let scale = fused.node.inputs[1], let shift = fused.node.inputs[2],
      let y = fused.output, let image = plan.sizes(x).flatMap(ImageShape.init), plan.sizes(y) == plan.sizes(x),
      plan.sizes(scale) == [image.channels], plan.sizes(shift) == [image.channels]
    else { return false }
    // What lies in row-major order only, or has one channel, is normalized where it is.
    if image.channels == 1 || !plan.layouts(of: x).contains(.channelsLast) {
      try lowerRows(x, scale, shift, image, to: y, into: &plan)
      return true
    }
    let source = try plan.location(of: x, .channelsLast)
    let scales = try plan.location(of: scale, .rowMajor), shifts = try plan.location(of: shift, .rowMajor)
    let target = plan.define(y, .channelsLast, inPlaceOf: x)
    let (kernels, epsilon) = (plan.kernels, epsilon)
    @Sendable func arguments(
      _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ scale: UnsafePointer<Float>,
      _ shift: UnsafePointer<Float>
    ) -> GroupNormalizationArguments {
      GroupNormalizationArguments(
        input: image.input(input, source), output: image.output(output, target), groups: image.channels,
        epsilon: epsilon, scale: scale, shift: shift)
    }
    let nowhere = UnsafeMutablePointer<Float>.nowhere
    let units = arguments(nowhere, nowhere, nowhere, nowhere).unitCount
    let step = RangeStep(units: units, cost: 6 * image.count) { units, frame, _ in
      kernels.groupNormalization(
        arguments(frame.pointer(source), frame.pointer(target), frame.pointer(scales), frame.pointer(shifts)),
        units: units)
    }
    plan.emit(step, "instance normalization", reads: [source, scales, shifts], writes: [target])
    return true
  }

  private func lowerRows(
    _ x: ValueID, _ scale: ValueID, _ shift: ValueID, _ image: ImageShape, to y: ValueID, into plan: inout PlanBuilder
  ) throws(InfoldError) {
    let source = try plan.location(of: x, .rowMajor)
    let scales = try plan.location(of: scale, .rowMajor), shifts = try plan.location(of: shift, .rowMajor)
    let target = plan.define(y, .rowMajor, inPlaceOf: x)
    let (kernels, epsilon) = (plan.kernels, epsilon)
    let step = RangeStep(units: image.images * image.channels, cost: 6 * image.count) { rows, frame, _ in
      kernels.instanceNormalization(
        InstanceNormalizationArguments(
          input: frame.pointer(source), output: frame.pointer(target), channels: image.channels, columns: image.pixels,
          epsilon: epsilon, scale: frame.pointer(scales), shift: frame.pointer(shifts)),
        rows: rows)
    }
    plan.emit(step, "instance normalization", reads: [source, scales, shifts], writes: [target])
  }
}

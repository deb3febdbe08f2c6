import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension LayerNormalization: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    try plan.emitRowNormalization(fused, "layer normalization", axis, epsilon, subtractsMean: true)
  }
}

extension RMSNormalization: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    try plan.emitRowNormalization(fused, "root mean square", axis, epsilon, subtractsMean: false)
  }
}

extension PlanBuilder {
  /// Adds a normalization over an axis and all following axes.
  fileprivate mutating func emitRowNormalization(
    _ fused: FusedNode, _ algorithm: String, _ axis: Int, _ epsilon: Float, subtractsMean: Bool
  ) throws(InfoldError) -> Bool {
    let node = fused.node
    guard node.outputs.dropFirst().allSatisfy({ $0 == nil }), let x = node.inputs[0], let y = fused.output,
      let sizes = sizes(x), self.sizes(y) == sizes, let first = try? normalizedAxis(axis, rank: sizes.count),
      let scale = node.inputs[1]
    else { return false }
    let shift = node.inputs.count > 2 ? node.inputs[2] : nil
    let columns = sizes[first...].reduce(1, *), rows = sizes[..<first].reduce(1, *)
    // Scale and shift may lack outer axes of size 1, but no others.
    for operand in [scale, shift].compactMap({ $0 }) {
      guard let given = self.sizes(operand), given.reduce(1, *) == columns,
        given.drop(while: { $0 == 1 }).elementsEqual(sizes[first...].drop { $0 == 1 })
      else { return false }
    }
    let source = try location(of: x, .rowMajor), scales = try location(of: scale, .rowMajor)
    var shifts: Location?
    if let shift { shifts = try location(of: shift, .rowMajor) }
    let target = define(y, .rowMajor, inPlaceOf: x)
    let kernels = kernels
    let step = RangeStep(units: rows, cost: 4 * rows * columns) { [shifts] range, state, _ in
      kernels.layerNormalization(
        LayerNormalizationArguments(
          input: state.pointer(source), output: state.pointer(target), rows: rows, columns: columns, epsilon: epsilon,
          subtractsMean: subtractsMean, scale: state.pointer(scales),
          shift: shifts.map { UnsafePointer(state.pointer($0)) }),
        rows: range)
    }
    emit(step, algorithm, reads: [source, scales, shifts], writes: [target])
    return true
  }

  /// Adds a normalization of groups of adjacent channels, in channels-last layout.
  fileprivate mutating func emitGroupNormalization(
    _ fused: FusedNode, _ algorithm: String, _ image: ImageShape, groups: Int, _ epsilon: Float
  ) throws(InfoldError) {
    let x = fused.node.inputs[0]!
    let source = try location(of: x, .channelsLast)
    let scales = try location(of: fused.node.inputs[1]!, .rowMajor)
    let shifts = try location(of: fused.node.inputs[2]!, .rowMajor)
    let target = define(fused.output!, .channelsLast, inPlaceOf: x)
    let nowhere = UnsafeMutablePointer<Float>.nowhere
    let arguments = GroupNormalizationArguments(
      activation: fused.activation, input: image.input(nowhere, source), output: image.output(nowhere, target),
      groups: groups, epsilon: epsilon, scale: nowhere, shift: nowhere, moments: .nowhere)
    let moments = temporary([arguments.momentCount], .integer(byteCount: MemoryLayout<Double>.stride))
    let step = GroupNormalizationStep(
      kernels: kernels, arguments: arguments, input: source, output: target, scale: scales, shift: shifts,
      moments: moments)
    emit(step, algorithm, reads: [source, scales, shifts], writes: [moments, target])
  }

  /// Returns the image that a node normalizes, if its scale and its shift have one number per
  /// channel.
  fileprivate func normalizedImage(_ node: Node) -> ImageShape? {
    guard let image = sizes(node.inputs[0]).flatMap(ImageShape.init), sizes(node.outputs[0]) == sizes(node.inputs[0]),
      sizes(node.inputs[1]) == [image.channels], sizes(node.inputs[2]) == [image.channels]
    else { return nil }
    return image
  }
}

extension GroupNormalization: LoweredOperator {
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability {
    plan.normalizedImage(node) == nil ? [] : .activation
  }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let image = plan.normalizedImage(fused.node), fused.output != nil else { return false }
    try plan.emitGroupNormalization(fused, "group normalization", image, groups: groupCount, epsilon)
    return true
  }
}

extension InstanceNormalization: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let image = plan.normalizedImage(fused.node), let x = fused.node.inputs[0], let scale = fused.node.inputs[1],
      let shift = fused.node.inputs[2], let y = fused.output
    else { return false }
    // Images that are stored only in row-major layout, or that have one channel, keep their layout.
    if image.channels == 1 || !plan.layouts(of: x).contains(.channelsLast) {
      try lowerRows(x, scale, shift, image, to: y, into: &plan)
    } else {
      try plan.emitGroupNormalization(fused, "instance normalization", image, groups: image.channels, epsilon)
    }
    return true
  }

  private func lowerRows(
    _ x: ValueID, _ scale: ValueID, _ shift: ValueID, _ image: ImageShape, to y: ValueID, into plan: inout PlanBuilder
  ) throws(InfoldError) {
    let source = try plan.location(of: x, .rowMajor)
    let scales = try plan.location(of: scale, .rowMajor), shifts = try plan.location(of: shift, .rowMajor)
    let target = plan.define(y, .rowMajor, inPlaceOf: x)
    let (kernels, epsilon) = (plan.kernels, epsilon)
    let step = RangeStep(units: image.images * image.channels, cost: 6 * image.count) { rows, state, _ in
      kernels.instanceNormalization(
        InstanceNormalizationArguments(
          input: state.pointer(source), output: state.pointer(target), channels: image.channels, columns: image.pixels,
          epsilon: epsilon, scale: state.pointer(scales), shift: state.pointer(shifts)),
        rows: rows)
    }
    plan.emit(step, "instance normalization", reads: [source, scales, shifts], writes: [target])
  }
}

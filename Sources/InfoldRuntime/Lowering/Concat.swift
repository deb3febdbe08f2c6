import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension Concat: LoweredOperator {
  /// Channels: the operands that were not written to their slices by those who made them are copied there. Other axes, and
  /// values that lie in row-major order anyway: runs of numbers are copied.
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    let values = fused.node.inputs.compactMap { $0 }
    if let y = fused.output, plan.byteSizes(y) != nil { return try concatenateBytes(values, y, into: &plan) }
    guard let y = fused.output, let sizes = plan.sizes(y), values.allSatisfy({ plan.sizes($0) != nil }),
      let axis = try? normalizedAxis(axis, rank: sizes.count)
    else { return false }
    let isInChannels = axis == 1 && (sizes.count == 3 || sizes.count == 4)
    let isBegun = plan.locations[y.index][.channelsLast] != nil
    if isBegun || isInChannels && values.contains(where: { !plan.layouts(of: $0).contains(.rowMajor) }) {
      try copyChannels(values, y, ImageShape(sizes)!, into: &plan)
    } else {
      try copyRuns(values, y, sizes, axis, into: &plan)
    }
    return true
  }

  /// Channels of quantized images.
  private func concatenateBytes(
    _ values: [ValueID], _ y: ValueID, into plan: inout PlanBuilder
  ) throws(InfoldError) -> Bool {
    guard let image = plan.byteSizes(y).flatMap(ImageShape.init), axis == 1 || axis == -3,
      values.allSatisfy({ plan.byteSizes($0)?.count == 4 })
    else { return false }
    let whole = plan.concatenated(y)
    var slice = whole
    for value in values {
      let channels = plan.byteSizes(value)![1]
      let source = try plan.location(of: value, .channelsLast)
      if source != slice {
        let target = slice
        let step = RangeStep(units: image.images * image.pixels, cost: image.pixels * channels) { pixels, frame, _ in
          for pixel in pixels {
            (frame.bytes(target) + pixel * target.pixelStride).update(
              from: frame.bytes(source) + pixel * source.pixelStride, count: channels)
          }
        }
        plan.emit(step, "copy", reads: [source], writes: [target])
      }
      slice.offset += channels
    }
    return true
  }

  private func copyChannels(
    _ values: [ValueID], _ y: ValueID, _ image: ImageShape, into plan: inout PlanBuilder
  ) throws(InfoldError) {
    let whole = plan.concatenated(y)
    var slice = whole
    let kernels = plan.kernels
    for value in values {
      let channels = plan.sizes(value)![1]
      let source = try plan.location(of: value, .channelsLast)
      if source != slice {
        let shape = ElementwiseShape(images: image.images, pixels: image.pixels, channels: channels)
        let target = slice
        let step = RangeStep(units: shape.unitCount, cost: 2 * image.pixels * channels) { pixels, frame, _ in
          kernels.unary(
            UnaryArguments(
              .identity, shape: shape,
              input: ElementwiseInput(frame.pointer(source), like: shape, pixelStride: source.pixelStride),
              output: ElementwiseOutput(frame.pointer(target), like: shape, pixelStride: target.pixelStride)),
            pixels: pixels)
        }
        plan.emit(step, "copy", reads: [source], writes: [target])
      }
      slice.offset += channels
    }
  }

  private func copyRuns(
    _ values: [ValueID], _ y: ValueID, _ sizes: [Int], _ axis: Int, into plan: inout PlanBuilder
  ) throws(InfoldError) {
    var sources: [(place: Location, count: Int)] = []
    for value in values {
      sources.append((try plan.location(of: value, .rowMajor), plan.sizes(value)![axis...].reduce(1, *)))
    }
    let target = plan.define(y, .rowMajor)
    let rows = sizes[..<axis].reduce(1, *), rowCount = sizes[axis...].reduce(1, *)
    let step = RangeStep(units: rows, cost: rows * rowCount) { [sources] rows, frame, _ in
      for row in rows {
        var place = frame.pointer(target) + row * rowCount
        for (source, count) in sources {
          place.update(from: frame.pointer(source) + row * count, count: count)
          place += count
        }
      }
    }
    plan.emit(step, "copy", reads: sources.map(\.place), writes: [target])
  }
}

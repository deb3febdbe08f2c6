import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension GridSample: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let grid = fused.node.inputs[1], let y = fused.output,
      let sizes = plan.sizes(x), let gridSizes = plan.sizes(grid), let result = plan.sizes(y)
    else { return false }
    let isImage = ImageShape(sizes) != nil
    let isChannelsLast = isImage && (!plan.layouts(of: x).contains(.rowMajor) || sizes[1] >= Self.vectorChannels)
    let layout: Layout = isChannelsLast ? .channelsLast : .rowMajor
    let source = try plan.location(of: x, layout)
    let places = try plan.location(of: grid, .rowMajor)
    let sampling = GridSampling(
      kernels: plan.kernels, operation: self, sizes: Array(sizes[2...]), channels: sizes[1],
      outputs: gridSizes[1..<gridSizes.count - 1].reduce(1, *),
      source: source, grid: places, target: plan.define(y, layout))
    let step = RangeStep(
      units: sizes[0] * sampling.outputs, cost: 4 * result.reduce(1, *) + 16 * gridSizes.reduce(1, *),
      scratchByteCount: sampling.scratchByteCount
    ) { places, state, worker in
      sampling.run(places, in: state, scratch: state.scratch(of: worker))
    }
    plan.emit(step, "weighted elements", reads: [source, places], writes: [sampling.target])
    return true
  }

  /// The minimum number of channels for which channels-last layout pays off.
  private static var vectorChannels: Int { 16 }
}

/// Computes weighted sums of elements at the positions in a grid.
private struct GridSampling: Sendable {
  let kernels: any KernelSet.Type
  let operation: GridSample
  /// The sizes of an input image.
  let sizes: [Int]
  let channels: Int
  /// The number of positions in each image of the result.
  let outputs: Int
  let source: Location
  let grid: Location
  let target: Location

  /// The maximum number of elements read for one element of the result.
  private var tapCount: Int { sizes.reduce(1) { count, _ in count * 4 } }

  var scratchByteCount: Int { tapCount * (MemoryLayout<Int>.stride + MemoryLayout<Float>.stride) }

  func run(_ places: Range<Int>, in state: RunState, scratch: UnsafeMutableRawPointer) {
    let offsets = scratch.assumingMemoryBound(to: Int.self)
    let weights = (scratch + tapCount * MemoryLayout<Int>.stride).assumingMemoryBound(to: Float.self)
    let (x, y, grid) = (state.pointer(source), state.pointer(target), state.pointer(grid))
    let inner = sizes.reduce(1, *)
    let isChannelsLast = source.layout == .channelsLast
    for place in places {
      let count = locate(grid + place * sizes.count, offsets, weights)
      let (image, output) = place.quotientAndRemainder(dividingBy: outputs)
      if isChannelsLast {
        kernels.weighPixels(
          WeightedPixelsArguments(
            input: x + image * inner * source.pixelStride, pixelStride: source.pixelStride, channels: channels,
            taps: count, places: offsets, weights: weights, output: y + place * target.pixelStride,
            outputStride: target.pixelStride),
          results: 0..<1)
      } else {
        var (plane, result) = (x + image * channels * inner, y + image * channels * outputs + output)
        for _ in 0..<channels {
          var sum: Float = 0
          for tap in 0..<count { sum += weights[tap] * plane[offsets[tap]] }
          result.pointee = sum
          plane += inner
          result += outputs
        }
      }
    }
  }

  /// Finds the elements and weights for a position of the grid.
  ///
  /// - Returns: The number of elements.
  @inline(__always)
  private func locate(
    _ positions: UnsafePointer<Float>, _ offsets: UnsafeMutablePointer<Int>, _ weights: UnsafeMutablePointer<Float>
  ) -> Int {
    (offsets[0], weights[0]) = (0, 1)
    var count = 1
    for axis in sizes.indices {
      let size = sizes[axis], position = positions[sizes.count - 1 - axis]
      if let (first, fraction) = operation.neighbour(position, size: size) {
        // Elements with zero weight are not read.
        let (a, b) = (place(first, size), fraction == 0 ? nil : place(first + 1, size))
        for outer in (0..<count).reversed() {
          let (offset, weight) = (offsets[outer] * size, weights[outer])
          var next = outer * ((a == nil ? 0 : 1) + (b == nil ? 0 : 1))
          if let a {
            (offsets[next], weights[next]) = (offset + a, weight * (1 - fraction))
            next += 1
          }
          if let b { (offsets[next], weights[next]) = (offset + b, weight * fraction) }
        }
        count *= (a == nil ? 0 : 1) + (b == nil ? 0 : 1)
        continue
      }
      let along = operation.floatTaps(position, size: size)
      for outer in (0..<count).reversed() {
        let (place, weight) = (offsets[outer] * size, weights[outer])
        for tap in (0..<along.count).reversed() {
          offsets[outer * along.count + tap] = place + along.places[tap]
          weights[outer * along.count + tap] = weight * along.weights[tap]
        }
      }
      count *= along.count
    }
    return count
  }

  /// Returns the position to read for `index`, which may be outside the image; `nil` for zero
  /// padding.
  @inline(__always)
  private func place(_ index: Int, _ size: Int) -> Int? {
    if index >= 0, index < size { return index }
    return operation.padding == .zeros ? nil : min(max(index, 0), size - 1)
  }
}

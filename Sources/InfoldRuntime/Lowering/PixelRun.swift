import InfoldGraph
import InfoldKernelInterface
import InfoldSystem

/// A value in its place, as element-wise kernels for quantized numbers go through it: pixels, and the channels of each.
struct PixelRun {
  let place: Location
  let count: Int
  let channels: Int
  /// The elements from one pixel to the next.
  private let stride: Int

  init(_ sizes: [Int], at place: Location) {
    self.place = place
    if place.layout == .channelsLast, let image = ImageShape(sizes) {
      (count, channels, stride) = (image.images * image.pixels, image.channels, place.pixelStride)
    } else {
      (count, channels, stride) = (sizes.reduce(1, *), 1, 1)
    }
  }

  func bytes(in frame: Frame) -> BytePixels {
    BytePixels(frame.bytes(place), channels: channels, pixelStride: stride)
  }

  func floats(in frame: Frame) -> FloatPixels { FloatPixels(frame.pointer(place), pixelStride: stride) }
}

extension PlanBuilder {
  /// The layout in which one of `values` lies with the channels last, or else row-major order.
  private func pixelLayout(_ values: [ValueID]) -> Layout {
    values.contains { layouts(of: $0).contains(.channelsLast) } ? .channelsLast : .rowMajor
  }

  /// Adds a step that makes `result` of `operands` of its sizes, pixel by pixel.
  /// - Parameters:
  ///   - constants: What it reads besides.
  ///   - body: Is given the operands and the result.
  mutating func emitPixelwise(
    _ operands: [ValueID], to result: ValueID, _ algorithm: String, constants: [Location] = [],
    _ body:
      @escaping @Sendable (_ operands: [PixelRun], _ result: PixelRun, _ pixels: Range<Int>, _ frame: Frame) ->
      Void
  ) throws(InfoldError) {
    let layout = pixelLayout(operands)
    var runs: [PixelRun] = []
    for operand in operands {
      runs.append(PixelRun(plannedSizes(operand)!, at: try location(of: operand, layout)))
    }
    let target = PixelRun(plannedSizes(result)!, at: define(result, layout))
    let step = RangeStep(units: target.count, cost: target.count * target.channels) { [runs] pixels, frame, _ in
      body(runs, target, pixels, frame)
    }
    emit(step, algorithm, reads: runs.map(\.place) + constants, writes: [target.place])
  }
}

import Glibc
import InfoldKernelInterface

extension RangeStep {
  /// Brings a value from one layout to the other.
  static func layout(
    _ image: ImageShape, from source: Location, to target: Location, _ kernels: any KernelSet.Type
  ) -> RangeStep {
    let isToChannelsLast = target.layout == .channelsLast
    let rows = isToChannelsLast ? image.channels : image.pixels
    let columns = isToChannelsLast ? image.pixels : image.channels
    @Sendable func arguments(
      _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
    ) -> TransposeArguments {
      let (sourceStride, targetStride) =
        isToChannelsLast ? (image.pixels, target.pixelStride) : (source.pixelStride, image.pixels)
      return TransposeArguments(
        input: input, inputMatrixStride: rows * sourceStride, inputStride: sourceStride, output: output,
        outputMatrixStride: columns * targetStride, outputStride: targetStride, count: image.images, rows: rows,
        columns: columns)
    }
    let nowhere = UnsafeMutablePointer<Float>(bitPattern: 64)!
    return RangeStep(units: arguments(nowhere, nowhere).unitCount, cost: 2 * image.count) { units, frame, _ in
      kernels.transpose(arguments(frame.pointer(source), frame.pointer(target)), units: units)
    }
  }

  /// Copies elements that follow one another.
  static func copy(from source: Location, to target: Location, count: Int) -> RangeStep {
    RangeStep(units: count, cost: count) { units, frame, _ in
      (frame.pointer(target) + units.lowerBound).update(
        from: frame.pointer(source) + units.lowerBound, count: units.count)
    }
  }
}

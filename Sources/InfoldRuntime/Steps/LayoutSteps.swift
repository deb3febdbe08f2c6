import InfoldKernelInterface

extension RangeStep {
  /// Brings a value from one layout to the other.
  static func layout(
    _ image: ImageShape, from source: Location, to target: Location, _ kernels: any KernelSet.Type
  ) -> RangeStep {
    let isToChannelsLast = target.layout == .channelsLast
    let rows = isToChannelsLast ? image.channels : image.pixels
    let columns = isToChannelsLast ? image.pixels : image.channels
    @Sendable func arguments(_ input: UnsafeRawPointer, _ output: UnsafeMutableRawPointer) -> TransposeArguments {
      let (sourceStride, targetStride) =
        isToChannelsLast ? (image.pixels, target.pixelStride) : (source.pixelStride, image.pixels)
      return TransposeArguments(
        input: input, inputMatrixStride: rows * sourceStride, inputStride: sourceStride, output: output,
        outputMatrixStride: columns * targetStride, outputStride: targetStride, count: image.images, rows: rows,
        columns: columns, elementByteCount: source.format.byteCount)
    }
    let nowhere = UnsafeMutablePointer<Float>.nowhere
    return RangeStep(units: arguments(nowhere, nowhere).unitCount, cost: 2 * image.count) { units, frame, _ in
      kernels.transpose(arguments(frame.address(source), frame.address(target)), units: units)
    }
  }

  /// Copies elements that follow one another, between the formats of quantized numbers as well.
  static func copy(from source: Location, to target: Location, count: Int) -> RangeStep {
    let byteCount = source.format.byteCount, offset = source.format.offset ^ target.format.offset
    return RangeStep(units: count, cost: count * byteCount / 4) { units, frame, _ in
      let first = units.lowerBound * byteCount, count = units.count * byteCount
      let input = frame.address(source) + first, output = frame.address(target) + first
      if offset == 0 {
        output.copyMemory(from: input, byteCount: count)
      } else {
        let input = input.assumingMemoryBound(to: UInt8.self), output = output.assumingMemoryBound(to: UInt8.self)
        // 128 is added to 8 bits, or taken away, by changing the first of them.
        for index in 0..<count { output[index] = input[index] ^ offset }
      }
    }
  }
}

/// Rows of elements that are copied: each follows without gaps, one row every so many elements.
struct CopiedRows: Sendable {
  var source: Location
  var sourceStride: Int
  var target: Location
  var targetStride: Int
  /// The elements of a row.
  var count: Int
}

extension RangeStep {
  /// Copies so many rows of each.
  static func copy(rows: Int, _ copies: [CopiedRows]) -> RangeStep {
    let byteCount = copies[0].source.format.byteCount
    let elements = rows * copies.reduce(0) { $0 + $1.count }
    return RangeStep(units: rows, cost: 2 * elements * byteCount / 4) { rows, frame, _ in
      for row in rows {
        for copy in copies {
          (frame.address(copy.target) + row * copy.targetStride * byteCount).copyMemory(
            from: frame.address(copy.source) + row * copy.sourceStride * byteCount, byteCount: copy.count * byteCount)
        }
      }
    }
  }
}

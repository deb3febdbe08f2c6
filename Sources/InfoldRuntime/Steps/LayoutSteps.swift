import InfoldKernelInterface
import InfoldTensor

extension RangeStep {
  /// A step that converts images from one layout to the other.
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
    return RangeStep(units: arguments(nowhere, nowhere).unitCount, cost: 2 * image.count) { units, state, _ in
      kernels.transpose(arguments(state.address(source), state.address(target)), units: units)
    }
  }

  /// A step that copies contiguous elements, and converts between the formats of quantized numbers
  /// if necessary.
  static func copy(from source: Location, to target: Location, count: Int) -> RangeStep {
    let byteCount = source.format.byteCount, offset = source.format.offset ^ target.format.offset
    return RangeStep(units: count, cost: count * byteCount / 4) { units, state, _ in
      let first = units.lowerBound * byteCount, count = units.count * byteCount
      let input = state.address(source) + first, output = state.address(target) + first
      if offset == 0 {
        output.copyMemory(from: input, byteCount: count)
      } else {
        let input = input.assumingMemoryBound(to: UInt8.self), output = output.assumingMemoryBound(to: UInt8.self)
        // Inverting the highest bit adds or subtracts 128.
        for index in 0..<count { output[index] = input[index] ^ offset }
      }
    }
  }
}

/// Rows of elements to copy. Each row is contiguous.
struct CopiedRows: Sendable {
  var source: Location
  var sourceStride: Int
  var target: Location
  var targetStride: Int
  /// The number of elements of a row.
  var count: Int
}

extension RangeStep {
  /// A step that copies `rows` rows for each of `copies`.
  static func copy(rows: Int, _ copies: [CopiedRows]) -> RangeStep {
    let elements = rows * copies.reduce(0) { $0 + $1.count }
    let cost = 2 * elements * copies[0].source.format.byteCount / 4
    return RangeStep(units: rows, cost: cost) { rows, state, _ in
      // Copies of short rows pass over the result several times, so process blocks that stay in the
      // first-level cache.
      let size = 128
      var first = rows.lowerBound
      while first < rows.upperBound {
        let part = first..<min(first + size, rows.upperBound)
        for copy in copies { copy.run(part, in: state) }
        first = part.upperBound
      }
    }
  }
}

extension CopiedRows {
  /// The minimum size of a row that is copied as a whole, in bytes.
  private static let longRow = 32

  fileprivate func run(_ rows: Range<Int>, in state: RunState) {
    let byteCount = source.format.byteCount
    let x = state.address(source) + rows.lowerBound * sourceStride * byteCount
    let y = state.address(target) + rows.lowerBound * targetStride * byteCount
    if count * byteCount >= Self.longRow {
      for row in 0..<rows.count {
        (y + row * targetStride * byteCount).copyMemory(
          from: x + row * sourceStride * byteCount, byteCount: count * byteCount)
      }
      return
    }
    switch source.format.width {
    case .one: copyColumns(rows.count, x, y, as: UInt8.self)
    case .two: copyColumns(rows.count, x, y, as: UInt16.self)
    case .four: copyColumns(rows.count, x, y, as: UInt32.self)
    case .eight: copyColumns(rows.count, x, y, as: UInt64.self)
    }
  }

  private func copyColumns<Bits: BitPattern>(
    _ rows: Int, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, as _: Bits.Type
  ) {
    let x = source.assumingMemoryBound(to: Bits.self), y = target.assumingMemoryBound(to: Bits.self)
    for column in 0..<count {
      for row in 0..<rows { y[row &* targetStride &+ column] = x[row &* sourceStride &+ column] }
    }
  }
}

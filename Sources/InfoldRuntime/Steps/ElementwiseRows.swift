/// The rows of a channels-last image.
struct ImageRows: Hashable, Sendable {
  let count: Int
  /// The distance between adjacent rows, in elements.
  let stride: Int

  /// Creates the rows of a value; `nil` unless it is a single channels-last image with several
  /// rows.
  init?(_ sizes: [Int], at place: Location) {
    guard let image = ImageShape(sizes), image.images == 1, image.height > 1, place.layout == .channelsLast else {
      return nil
    }
    count = image.height
    stride = image.width * place.pixelStride
  }
}

extension ElementwiseStep: RowStep {
  var weightByteCount: Int { 0 }

  var inputReads: Int { parts.reduce(0) { $0 + $1.reads.count { $0.place.buffer == input.buffer } } }

  func reading(rowsOf place: Location) -> (any RowStep)? {
    var step = self
    step.input = place
    return step.dependency == nil ? nil : step
  }

  /// The dependency exists if every part processes the rows of one image and writes the result or a
  /// block. No other operand may be in the buffers of the input or the result, because it would be
  /// looked up in the band.
  var dependency: RowDependency? {
    guard let rows = parts[0].rows, (units * unit / rows.count).isMultiple(of: unit),
      let firstWriter = parts.firstIndex(where: { $0.write.place == output }),
      parts[...firstWriter].contains(where: { $0.reads.contains { $0.place == input } }),
      parts.allSatisfy({ part in
        part.rows == rows && (part.write.place == output || blocks.contains(part.write.place.buffer))
          && part.reads.allSatisfy {
            $0.place == input || $0.place == output
              ? part.isAligned($0) : $0.place.buffer != input.buffer && $0.place.buffer != output.buffer
          }
      })
    else { return nil }
    return RowDependency(
      inputRows: rows.count, outputRows: rows.count, inputStride: rows.stride, outputStride: rows.stride, first: 0,
      step: 1, extent: 1)
  }

  var storedRows: StoredRows? {
    let part = parts.last!, pixelStride = part.write.strides[1]
    guard let dependency, part.write.strides[2] == 1, pixelStride > 0, part.shape.channels <= pixelStride,
      dependency.outputStride.isMultiple(of: pixelStride)
    else { return nil }
    return StoredRows(
      count: dependency.outputRows, pixels: dependency.outputStride / pixelStride, channels: part.shape.channels,
      pixelStride: pixelStride)
  }

  func run(
    rows: Range<Int>, from source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutableRawPointer, in state: RunState
  ) {
    let perRow = units / parts[0].rows!.count
    var places = ElementwisePlaces(
      state, input: (input.buffer, source - input.offset), output: (output.buffer, target - output.offset))
    places.keep(blocks, of: numbersPerBlock, in: scratch)
    run(rows.lowerBound * perRow..<rows.upperBound * perRow, places)
  }
}

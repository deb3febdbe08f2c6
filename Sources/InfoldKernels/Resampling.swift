import InfoldKernelInterface

extension Kernels {
  @inline(never)
  public static func gatherPixels(_ arguments: GatherPixelsArguments, rows: Range<Int>) {
    let (input, output) = (arguments.input, arguments.output)
    let channels = input.channels
    let isDense = input.pixelStride == channels && output.pixelStride == channels
    for row in rows {
      let (image, y) = divide(row, by: output.height)
      let inputRow = Int(arguments.rowIndices[y])
      let source = input.base + (image * input.height + inputRow) * input.width * input.pixelStride
      let target = output.base + row * output.width * output.pixelStride
      var x = 0
      while x < output.width {
        let column = inputRow < 0 ? -1 : Int(arguments.columnIndices[x])
        let pixel = target + x * output.pixelStride
        if column < 0 {
          fill(pixel, channels, arguments.fill)
          x += 1
          continue
        }
        // Adjacent pixels that stay adjacent are copied together.
        var run = 1
        if isDense {
          while x + run < output.width && Int(arguments.columnIndices[x + run]) == column + run { run += 1 }
        }
        copy(source + column * input.pixelStride, pixel, run * channels)
        x += run
      }
    }
  }

  @inline(never)
  public static func resizeLinear(_ arguments: ResizeLinearArguments, rows: Range<Int>) {
    let (input, output) = (arguments.input, arguments.output)
    let channels = input.channels
    for row in rows {
      let (image, y) = divide(row, by: output.height)
      let sample = arguments.rows[y]
      let picture = input.base + image * input.height * input.width * input.pixelStride
      let low = picture + Int(sample.low) * input.width * input.pixelStride
      let high = picture + Int(sample.high) * input.width * input.pixelStride
      let (lowWeight, highWeight) = (Vector(repeating: sample.lowWeight), Vector(repeating: sample.highWeight))
      for x in 0..<output.width {
        let column = arguments.columns[x]
        let (left, right) = (Int(column.low) * input.pixelStride, Int(column.high) * input.pixelStride)
        let (leftWeight, rightWeight) = (Vector(repeating: column.lowWeight), Vector(repeating: column.highWeight))
        let target = output.base + (row * output.width + x) * output.pixelStride
        // Pixels with weight 0 are not read, because zero times infinity is NaN.
        switch (sample.highWeight == 0, column.highWeight == 0) {
        case (false, false):
          forEachVector(of: channels) { channel, count in
            let above = Vector.multiplyAdd(
              Vector(at: low + right + channel, count: count), rightWeight,
              Vector(at: low + left + channel, count: count) * leftWeight)
            let below = Vector.multiplyAdd(
              Vector(at: high + right + channel, count: count), rightWeight,
              Vector(at: high + left + channel, count: count) * leftWeight)
            Vector.multiplyAdd(below, highWeight, above * lowWeight).store(at: target + channel, count: count)
          }
        case (false, true):
          weigh(low + left, lowWeight, high + left, highWeight, into: target, count: channels)
        case (true, false):
          weigh(low + left, leftWeight, low + right, rightWeight, into: target, count: channels)
        case (true, true):
          copy(low + left, target, channels)
        }
      }
    }
  }
}

/// Writes the weighted sum of two rows.
@inline(always)
private func weigh(
  _ first: UnsafePointer<Float>, _ firstWeight: Vector, _ second: UnsafePointer<Float>, _ secondWeight: Vector,
  into output: UnsafeMutablePointer<Float>, count: Int
) {
  forEachVector(of: count) { index, width in
    Vector.multiplyAdd(
      Vector(at: second + index, count: width), secondWeight, Vector(at: first + index, count: width) * firstWeight
    ).store(at: output + index, count: width)
  }
}

@inline(always)
private func copy(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ count: Int) {
  forEachVector(of: count) { index, width in
    Vector(at: input + index, count: width).store(at: output + index, count: width)
  }
}

@inline(always)
private func fill(_ output: UnsafeMutablePointer<Float>, _ count: Int, _ value: Float) {
  forEachVector(of: count) { index, width in Vector(repeating: value).store(at: output + index, count: width) }
}

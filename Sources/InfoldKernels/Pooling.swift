import InfoldKernelInterface

extension Kernels {
  @inline(never)
  public static func pool(_ arguments: PoolArguments, rows: Range<Int>) {
    for row in rows {
      switch arguments.operation {
      case .maximum: PoolRow(arguments, row).runMaximum()
      case .average, .averageIncludingPadding: PoolRow(arguments, row).runAverage()
      }
    }
  }
}

/// One row of the output of a pool.
private struct PoolRow {
  private let arguments: PoolArguments
  private let row: Int
  /// The input's row under the first of the window's rows that lie inside the picture.
  private let input: UnsafePointer<Float>
  private let rows: WindowTaps
  /// Rows of the window that lie inside the picture or its padding.
  private let paddedRows: Int

  @inline(always)
  init(_ arguments: PoolArguments, _ row: Int) {
    let (input, window) = (arguments.input, arguments.window)
    let (image, y) = divide(row, by: arguments.output.height)
    self.arguments = arguments
    self.row = row
    rows = WindowTaps(
      position: y, size: window.height, stride: window.strideY, dilation: window.dilationY, pad: window.padTop,
      extent: input.height)
    paddedRows = WindowTaps.elements(
      before: input.height + arguments.padBottom, from: y * window.strideY - window.padTop, size: window.height,
      dilation: window.dilationY)
    self.input = input.base + (image * input.height + rows.first) * input.width * input.pixelStride
  }

  // Functions of their own, so that the optimizer inlines the closures.
  @inline(never) func runMaximum() { run(start: -.infinity, divides: false, largest) }
  @inline(never) func runAverage() { run(start: 0, divides: true) { $0 + $1 } }

  @inline(always)
  private func run(start: Float, divides: Bool, _ combine: (Vector, Vector) -> Vector) {
    let (input, output, window) = (arguments.input, arguments.output, arguments.window)
    let rowStride = window.dilationY * input.width * input.pixelStride
    let tapStride = window.dilationX * input.pixelStride
    let channels = input.channels
    for x in 0..<output.width {
      let columns = WindowTaps(
        position: x, size: window.width, stride: window.strideX, dilation: window.dilationX, pad: window.padLeft,
        extent: input.width)
      var elements = rows.count * columns.count
      if arguments.operation == .averageIncludingPadding {
        elements =
          paddedRows
          * WindowTaps.elements(
            before: input.width + arguments.padRight, from: x * window.strideX - window.padLeft, size: window.width,
            dilation: window.dilationX)
      }
      let divisor = Vector(repeating: Float(elements))
      let first = self.input + columns.first * input.pixelStride
      let target = output.base + (row * output.width + x) * output.pixelStride
      var channel = 0
      while channel + 4 * Vector.scalarCount <= channels {
        var results = InlineArray<4, Vector>(repeating: Vector(repeating: start))
        for row in 0..<rows.count {
          var pixel = first + row * rowStride + channel
          for _ in 0..<columns.count {
            for index in 0..<4 {
              results[index] = combine(results[index], Vector(at: pixel + index * Vector.scalarCount))
            }
            pixel += tapStride
          }
        }
        for index in 0..<4 {
          let result = divides ? results[index] / divisor : results[index]
          result.store(at: target + channel + index * Vector.scalarCount)
        }
        channel += 4 * Vector.scalarCount
      }
      while channel < channels {
        let count = min(Vector.scalarCount, channels - channel)
        var result = Vector(repeating: start)
        for row in 0..<rows.count {
          var pixel = first + row * rowStride + channel
          for _ in 0..<columns.count {
            result = combine(result, Vector(at: pixel, count: count))
            pixel += tapStride
          }
        }
        (divides ? result / divisor : result).store(at: target + channel, count: count)
        channel += Vector.scalarCount
      }
    }
  }
}

import InfoldKernelInterface

extension Kernels {
  @inline(never)
  public static func pool(_ arguments: PoolArguments, rows: Range<Int>) {
    switch arguments.operation {
    case .average, .averageIncludingPadding: for row in rows { PoolRow(arguments, row).writeAverages() }
    case .maximum where arguments.sharesColumns:
      var columns = ColumnMaxima()
      columns.withNumbers { poolByColumns(arguments, rows, $0) }
    case .maximum: for row in rows { PoolRow(arguments, row).writeMaxima() }
    }
  }
}

/// Writes maxima that are derived from the maxima of the columns under the windows. It processes
/// blocks of channels and columns, each down all rows, so that rows that windows share stay in the
/// first-level cache.
private func poolByColumns(_ arguments: PoolArguments, _ rows: Range<Int>, _ numbers: UnsafeMutablePointer<Float>) {
  let (block, width) = (arguments.channelBlock, arguments.output.width)
  forEach(from: 0, to: arguments.input.channels, by: block) { channel in
    let channels = channel..<min(channel + block, arguments.input.channels)
    let windows = (ColumnMaxima.capacity / channels.count - arguments.span) / arguments.window.strideX + 1
    forEach(from: 0, to: width, by: windows) { x in
      for row in rows {
        PoolRow(arguments, row).writeMaxima(byColumns: numbers, x..<min(x + windows, width), channels)
      }
    }
  }
}

/// A buffer for the maxima of columns, from which those of windows are computed.
private struct ColumnMaxima {
  /// The capacity in floats. As many floats of each input row of a window are read, and all of
  /// these fit a small first-level cache.
  static let capacity = 2048
  private var numbers = InlineArray<2048, Float>(repeating: 0)

  @inline(always)
  mutating func withNumbers(_ body: (UnsafeMutablePointer<Float>) -> Void) {
    withUnsafeMutableBytes(of: &numbers) { body($0.baseAddress!.assumingMemoryBound(to: Float.self)) }
  }
}

extension PoolArguments {
  /// The number of columns from a window's first to its last.
  @inline(__always)
  fileprivate var span: Int { (window.width - 1) * window.dilationX + 1 }

  /// Whether windows share enough columns that computing column maxima first saves memory accesses.
  @inline(__always)
  fileprivate var sharesColumns: Bool {
    let shared = window.strideX * (window.height + 1) + window.width
    return shared < window.height * window.width && channelBlock * (span + window.strideX) <= ColumnMaxima.capacity
  }

  /// The number of channels in a block: few enough for 16 windows, and at least a cache line.
  @inline(__always)
  fileprivate var channelBlock: Int {
    let most = ColumnMaxima.capacity / (span + 15 * window.strideX)
    return input.channels <= most ? input.channels : max(16, most / 16 * 16)
  }
}

extension WindowRun {
  @inline(always)
  fileprivate func reduceToMaxima() {
    @inline(always)
    func itself(_ x: Vector) -> Vector { x }
    reduce(itself, largest, itself)
  }
}

/// One row of a pool's output.
private struct PoolRow {
  /// Rows of pixels that windows cover.
  private struct Source {
    /// The address of column 0 in the first row, even if it lies outside.
    let base: UnsafePointer<Float>
    let pixelStride: Int
    let rows: Int
    /// The channel of the result that corresponds to the first channel here.
    let channel: Int
    let channels: Int
  }

  private let arguments: PoolArguments
  /// The input row under the first window row that lies inside the image.
  private let input: UnsafePointer<Float>
  private let output: UnsafeMutablePointer<Float>
  /// The window rows that lie inside the image, and the distance between them.
  private let rows: Int
  private let rowStride: Int
  /// The window rows that lie inside the image or its padding.
  private let paddedRows: Int
  /// The windows whose columns all lie inside the image.
  private let whole: Range<Int>

  @inline(always)
  init(_ arguments: PoolArguments, _ row: Int) {
    let (input, output, window) = (arguments.input, arguments.output, arguments.window)
    let (image, y) = divide(row, by: output.height)
    let taps = WindowTaps(
      position: y, size: window.height, stride: window.strideY, dilation: window.dilationY, pad: window.padTop,
      extent: input.height)
    self.arguments = arguments
    self.input = input.base + (image * input.height + taps.first) * input.width * input.pixelStride
    self.output = output.base + row * output.width * output.pixelStride
    rows = taps.count
    rowStride = window.dilationY * input.width * input.pixelStride
    paddedRows = WindowTaps.elements(
      before: input.height + arguments.padBottom, from: y * window.strideY - window.padTop, size: window.height,
      dilation: window.dilationY)
    let first = min((window.padLeft + window.strideX - 1) / window.strideX, output.width)
    let room = input.width + window.padLeft - arguments.span
    whole = first..<max(first, room < 0 ? 0 : min(room / window.strideX + 1, output.width))
  }

  private var inputRows: Source {
    Source(
      base: input, pixelStride: arguments.input.pixelStride, rows: rows, channel: 0, channels: arguments.input.channels)
  }

  // Each of these is a separate function. Its operations on a vector are named functions that can
  // be marked for inlining, unlike closures.

  @inline(never)
  func writeMaxima() { writeMaxima(0..<arguments.output.width, of: inputRows) }

  @inline(never)
  func writeAverages() {
    let zero = Vector(repeating: 0)
    forEachRun(0..<arguments.output.width, of: inputRows) { x, columns, run in
      let divisor = Vector(repeating: Float(elements(x, columns)))
      @inline(always)
      func first(_ x: Vector) -> Vector { zero + x }
      @inline(always)
      func sum(_ x: Vector, _ y: Vector) -> Vector { x + y }
      @inline(always)
      func average(_ sum: Vector) -> Vector { sum / divisor }
      run.reduce(first, sum, average)
    } outside: { x in
      zero / Vector(repeating: Float(elements(x, 0)))
    }
  }

  /// Writes the maxima of some windows, computed from those of the columns under them.
  @inline(never)
  func writeMaxima(byColumns numbers: UnsafeMutablePointer<Float>, _ windows: Range<Int>, _ channels: Range<Int>) {
    let (input, window) = (arguments.input, arguments.window)
    let first = min(max(windows.lowerBound * window.strideX - window.padLeft, 0), input.width)
    let end = (windows.upperBound - 1) * window.strideX - window.padLeft + arguments.span
    let columns = first..<min(max(end, first), input.width)
    if rows > 0 {
      WindowRun(
        self.input + (first * input.pixelStride + channels.lowerBound), rows: rows, rowStride: rowStride, columns: 1,
        columnStride: 0, inputStride: input.pixelStride, to: numbers, outputStride: channels.count,
        windows: columns.count, channels: channels.count
      ).reduceToMaxima()
    }
    writeMaxima(
      windows,
      of: Source(
        base: UnsafePointer(numbers) - first * channels.count, pixelStride: channels.count, rows: min(rows, 1),
        channel: channels.lowerBound, channels: channels.count))
  }

  @inline(always)
  private func writeMaxima(_ windows: Range<Int>, of source: Source) {
    forEachRun(windows, of: source) { _, _, run in
      run.reduceToMaxima()
    } outside: { _ in
      Vector(repeating: -.infinity)
    }
  }

  /// Returns the number of elements that a sum is divided by, for the window at `x` with this many
  /// columns inside the image.
  @inline(always)
  private func elements(_ x: Int, _ columns: Int) -> Int {
    guard arguments.operation == .averageIncludingPadding else { return rows * columns }
    let window = arguments.window
    return paddedRows
      * WindowTaps.elements(
        before: arguments.input.width + arguments.padRight, from: x * window.strideX - window.padLeft,
        size: window.width, dilation: window.dilationX)
  }

  /// Calls `body` with runs of windows that have the same columns inside the image: the first
  /// column, the number of columns, and the windows. Writes the result of `outside` for a window
  /// that contains only padding.
  @inline(always)
  private func forEachRun(
    _ windows: Range<Int>, of source: Source, _ body: (Int, Int, WindowRun) -> Void, outside: (Int) -> Vector
  ) {
    let window = arguments.window
    var x = windows.lowerBound
    while x < windows.upperBound {
      let taps = WindowTaps(
        position: x, size: window.width, stride: window.strideX, dilation: window.dilationX, pad: window.padLeft,
        extent: arguments.input.width)
      let target = output + (x * arguments.output.pixelStride + source.channel)
      let count = whole.contains(x) ? min(whole.upperBound, windows.upperBound) - x : 1
      if source.rows * taps.count == 0 {
        let value = outside(x)
        forEachVector(of: source.channels) { channel, count in value.store(at: target + channel, count: count) }
      } else {
        body(
          x, taps.count,
          WindowRun(
            source.base + taps.first * source.pixelStride, rows: source.rows, rowStride: rowStride,
            columns: taps.count, columnStride: window.dilationX * source.pixelStride,
            inputStride: window.strideX * source.pixelStride, to: target,
            outputStride: arguments.output.pixelStride, windows: count, channels: source.channels))
      }
      x += count
    }
  }
}

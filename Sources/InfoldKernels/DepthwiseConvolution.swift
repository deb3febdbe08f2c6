import InfoldKernelInterface

extension Kernels {
  public static func depthwiseWeightCount(kernelHeight: Int, kernelWidth: Int, channels: Int) -> Int {
    (channels + Vector.scalarCount - 1) / Vector.scalarCount * kernelHeight * kernelWidth * Vector.scalarCount
  }

  public static func packDepthwiseWeights(
    _ weights: UnsafePointer<Float>, kernelHeight: Int, kernelWidth: Int, channels: Int,
    into packed: UnsafeMutablePointer<Float>
  ) {
    let taps = kernelHeight * kernelWidth
    var target = packed
    var begin = 0
    while begin < channels {
      let first = DepthwiseRow.firstChannel(begin, channels)
      for tap in 0..<taps {
        for lane in 0..<Vector.scalarCount {
          target[lane] = first + lane < channels ? weights[(first + lane) * taps + tap] : 0
        }
        target += Vector.scalarCount
      }
      begin += Vector.scalarCount
    }
  }

  @inline(never)
  public static func depthwise(_ arguments: DepthwiseArguments, rows: Range<Int>) {
    withUnsafeTemporaryAllocation(of: Vector.self, capacity: 1) { zeros in
      zeros.initialize(repeating: Vector(repeating: 0))
      let zeros = UnsafeRawPointer(zeros.baseAddress!).assumingMemoryBound(to: Float.self)
      withUnsafeTemporaryAllocation(of: UnsafePointer<Float>.self, capacity: DepthwiseRow.tallest) { table in
        for row in rows { DepthwiseRow(arguments, row, zeros: zeros).run(table.baseAddress!) }
      }
    }
  }
}

/// One row of the output of a depthwise convolution.
///
/// Channels are processed in vectors. The last vector ends with the last channel, so it recomputes
/// some channels of the one before. It stores only the others.
private struct DepthwiseRow {
  /// The input rows under the window rows that lie inside the image. They are stored in memory so
  /// that the optimizer does not see how their addresses depend on each other. Otherwise it would
  /// keep a pointer for each row and column.
  typealias RowTable = UnsafeMutablePointer<UnsafePointer<Float>>
  /// The capacity of a table in rows.
  static let tallest = 7

  private let channels: Int
  private let inputWidth: Int
  private let outputWidth: Int
  private let kernelHeight: Int
  private let kernelWidth: Int
  private let strideX: Int
  private let dilationX: Int
  private let padLeft: Int
  /// The input row under the first window row that lies inside the image.
  private let input: UnsafePointer<Float>
  /// The number of window rows that lie inside the image.
  private let rowCount: Int
  /// The distance between these rows in floats.
  private let rowStride: Int
  private let pixelStride: Int
  /// The weights of the first of these rows.
  private let weights: UnsafePointer<Float>
  /// The distance between the weights of vectors of channels in floats.
  private let weightStride: Int
  private let output: UnsafeMutablePointer<Float>
  private let outputStride: Int
  private let epilogue: RowEpilogue
  /// A vector of zeros.
  private let zeros: UnsafePointer<Float>

  @inline(always)
  init(_ arguments: DepthwiseArguments, _ row: Int, zeros: UnsafePointer<Float>) {
    let (input, output, window) = (arguments.input, arguments.output, arguments.window)
    let (image, y) = divide(row, by: output.height)
    let taps = WindowTaps(
      position: y, size: window.height, stride: window.strideY, dilation: window.dilationY, pad: window.padTop,
      extent: input.height)
    channels = input.channels
    inputWidth = input.width
    outputWidth = output.width
    kernelHeight = window.height
    kernelWidth = window.width
    strideX = window.strideX
    dilationX = window.dilationX
    padLeft = window.padLeft
    self.input = input.base + (image * input.height + taps.first) * input.width * input.pixelStride
    rowCount = taps.count
    rowStride = window.dilationY * input.width * input.pixelStride
    pixelStride = input.pixelStride
    weights = arguments.weights + taps.skipped * window.width * Vector.scalarCount
    weightStride = window.height * window.width * Vector.scalarCount
    self.output = output.base + row * output.width * output.pixelStride
    outputStride = output.pixelStride
    epilogue = RowEpilogue(arguments.epilogue, pixel: row * output.width)
    self.zeros = zeros
  }

  /// Returns the first channel of the vector that stores channel `begin`, a multiple of the
  /// vector's size.
  @inline(always)
  static func firstChannel(_ begin: Int, _ channels: Int) -> Int {
    max(0, min(begin, channels - Vector.scalarCount))
  }

  @inline(always)
  func run(_ table: RowTable) {
    // `tile` does not support windows that lie more than half outside of the image.
    let half = kernelWidth / 2
    let rightOverhang = (outputWidth - 1) * strideX + kernelWidth - padLeft - inputWidth
    guard
      channels >= Vector.scalarCount, kernelHeight <= Self.tallest, dilationX == 1, padLeft <= half,
      rightOverhang <= half
    else { return runAny() }
    for row in 0..<rowCount { table[row] = input + row * rowStride }
    switch (kernelWidth, strideX) {
    case (3, 1): run(Size<3, 1>.self, table)
    case (3, 2): run(Size<3, 2>.self, table)
    case (5, 1): run(Size<5, 1>.self, table)
    case (5, 2): run(Size<5, 2>.self, table)
    default: runAny()
    }
  }

  /// A window size and stride. The compiler specializes a function for each, in which it unrolls
  /// all loops over the window.
  private enum Size<let kernel: Int, let stride: Int> {}

  @inline(never)
  private func run<let kernel: Int, let stride: Int>(_: Size<kernel, stride>.Type, _ table: RowTable) {
    var x = 0
    // The values of 15 columns of 5 × 5 windows would not fit into the registers.
    while (kernel < 5 || stride == 1) && outputWidth - x >= 7 {
      tile(at: x, width: 7, kernel: kernel, stride: stride, table)
      x += 7
    }
    while outputWidth - x >= 4 {
      tile(at: x, width: 4, kernel: kernel, stride: stride, table)
      x += 4
    }
    if outputWidth - x >= 2 {
      tile(at: x, width: 2, kernel: kernel, stride: stride, table)
      x += 2
    }
    if outputWidth - x >= 1 { tile(at: x, width: 1, kernel: kernel, stride: stride, table) }
  }

  /// Computes `width` pixels of the output from column `x` on, for all channels.
  @inline(always)
  private func tile(at x: Int, width: Int, kernel: Int, stride: Int, _ table: RowTable) {
    let first = x * stride - padLeft
    let columns = (width - 1) * stride + kernel
    var begin = 0
    var blockWeights = weights
    while begin < channels {
      let channel = min(begin, channels - Vector.scalarCount)
      let start = epilogue.start(channel)
      // Initialized by a closure, which is inlined. `init(repeating:)` may become a separate
      // function, which the linker could take from any instruction set.
      var sums = InlineArray<7, Vector> { _ in start }
      var taps = blockWeights
      for row in 0..<rowCount {
        let pixel = table[row] + (first * pixelStride + channel)
        var values = InlineArray<17, Vector> { _ in Vector(repeating: 0) }
        @inline(always)
        func place(_ place: Int) {
          for tap in 0..<kernel {
            let column = place * stride + tap
            if place == 0 || tap >= kernel - stride {
              var source = pixel + column * pixelStride
              if column < kernel / 2 { source = first + column >= 0 ? source : zeros }
              if column >= columns - kernel / 2 { source = first + column < inputWidth ? source : zeros }
              values[column] = Vector(at: source)
            }
            sums[place] = Vector.multiplyAdd(values[column], Vector(at: taps + tap * Vector.scalarCount), sums[place])
          }
        }
        // Unrolled by hand, because the optimizer does not unroll the loop.
        place(0)
        if width > 1 { place(1) }
        if width > 2 {
          place(2)
          place(3)
        }
        if width > 4 {
          place(4)
          place(5)
          place(6)
        }
        taps += kernel * Vector.scalarCount
      }
      if channel == begin {
        for place in 0..<width {
          epilogue.bounded(sums[place]).store(at: output + (x + place) * outputStride + channel)
        }
      } else {
        for place in 0..<width {
          epilogue.bounded(sums[place]).storeLast(channels - begin, at: output + (x + place) * outputStride + channel)
        }
      }
      begin += Vector.scalarCount
      blockWeights += weightStride
    }
    if epilogue.isDeferred { finish(x, width) }
  }

  @inline(always)
  private func finish(_ x: Int, _ count: Int) {
    epilogue.finish(output + x * outputStride, stride: outputStride, pixel: x, count: count, channels: channels)
  }

  /// Computes any window with any number of channels.
  @inline(never)
  private func runAny() {
    for x in 0..<outputWidth {
      let taps = WindowTaps(
        position: x, size: kernelWidth, stride: strideX, dilation: dilationX, pad: padLeft, extent: inputWidth)
      let start = input + taps.first * pixelStride
      var blockWeights = weights + taps.skipped * Vector.scalarCount
      var begin = 0
      while begin < channels {
        let channel = Self.firstChannel(begin, channels)
        let count = min(Vector.scalarCount, channels)
        var sum = epilogue.start(channel, count)
        for row in 0..<rowCount {
          var pixel = start + row * rowStride + channel
          var weight = blockWeights + row * kernelWidth * Vector.scalarCount
          for _ in 0..<taps.count {
            sum = Vector.multiplyAdd(Vector(at: pixel, count: count), Vector(at: weight), sum)
            pixel += dilationX * pixelStride
            weight += Vector.scalarCount
          }
        }
        let value = epilogue.bounded(sum)
        let target = output + x * outputStride + channel
        if channel == begin {
          value.store(at: target, count: count)
        } else {
          value.storeLast(channels - begin, at: target)
        }
        begin += Vector.scalarCount
        blockWeights += weightStride
      }
      if epilogue.isDeferred { finish(x, 1) }
    }
  }
}

import InfoldKernelInterface

/// A step over images that computes rows of its result from a few rows of its input. Several such
/// steps over one image can be interleaved in bands.
protocol RowStep: Step {
  var input: Location { get }
  var output: Location { get }
  /// The rows of the input that a row of the result depends on; `nil` if the step cannot run row by
  /// row.
  var dependency: RowDependency? { get }
  /// The size of the weights read for every part of the rows, in bytes.
  var weightByteCount: Int { get }
  /// The number of operands at the location of the input.
  var inputReads: Int { get }
  /// The rows of the result in memory, over all images, if `run(rows:from:to:scratch:in:)` can compute
  /// any of them; otherwise `nil`.
  var storedRows: StoredRows? { get }

  /// Returns the step with the image at `place` as its input; `nil` if it does not read that image,
  /// or not row by row.
  func reading(rowsOf place: Location) -> (any RowStep)?

  /// Computes rows of the result.
  ///
  /// - Parameters:
  ///   - source: The address of the input's row 0, which may be virtual: only rows that the result
  ///     depends on are read. Its elements are bfloat16 numbers if those of `input` are, in spite of
  ///     the type.
  ///   - target: The address of the result's row 0, which may be virtual: only `rows` are written. Its
  ///     elements are bfloat16 numbers if those of `output` are.
  func run(
    rows: Range<Int>, from source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutableRawPointer, in state: RunState)
}

extension RowStep {
  var inputReads: Int { 1 }
  func reading(rowsOf place: Location) -> (any RowStep)? { place == input && dependency != nil ? self : nil }
}

/// The rows of images in memory.
struct StoredRows: Sendable {
  /// The number of rows of all images.
  let count: Int
  /// The pixels of a row.
  let pixels: Int
  let channels: Int
  /// The distance between pixels, in elements.
  let pixelStride: Int

  /// The distance between adjacent rows, in elements.
  var stride: Int { pixels * pixelStride }
}

/// The rows of an image that each row of a step's result depends on.
struct RowDependency: Sendable {
  var inputRows: Int
  var outputRows: Int
  /// The distance between adjacent rows of the input, in floats.
  var inputStride: Int
  /// The distance between adjacent rows of the result, in floats.
  var outputStride: Int
  /// The first input row in the window of result row 0; negative within the padding.
  var first: Int
  /// The number of input rows by which the window moves from one result row to the next.
  var step: Int
  /// The number of input rows in the window of one result row.
  var extent: Int

  /// Whether every result row depends on exactly the input row of the same index.
  var isRowByRow: Bool { first == 0 && step == 1 && extent == 1 }

  /// Returns the input rows for a non-empty range of result rows.
  func inputs(of rows: Range<Int>) -> Range<Int> {
    let begin = min(max(first + rows.lowerBound * step, 0), inputRows)
    let end = min(max(first + (rows.upperBound - 1) * step + extent, begin), inputRows)
    return begin..<end
  }

  /// Returns the maximum number of input rows for this number of result rows.
  func inputCount(of rows: Int) -> Int { min((rows - 1) * step + extent, inputRows) }
}

extension RowDependency {
  /// Creates the dependency of a window that moves over an image.
  init(
    _ window: ImageWindow, inputRows: Int, inputStride: Int, outputRows: Int, outputStride: Int
  ) {
    self.init(
      inputRows: inputRows, outputRows: outputRows, inputStride: inputStride, outputStride: outputStride,
      first: -window.padTop, step: window.strideY, extent: (window.height - 1) * window.dilationY + 1)
  }
}

/// A step whose kernel computes ranges of rows, numbered across all images, and every channel
/// independently.
protocol WindowRowStep: RowStep, ChannelwiseStep {
  var image: ImageShape { get }
  var result: ImageShape { get }
  var window: ImageWindow { get }
  /// The approximate cost, in the unit of `RangeStep`.
  var cost: Int { get }

  /// The number of channels that a task processes together, except for the last ones: a whole
  /// number of vectors.
  var channelUnit: Int { get }

  /// Computes some channels of rows of the result: a whole number of units, except for the last
  /// ones.
  func run(
    rows: Range<Int>, channels: Range<Int>, from source: UnsafeMutablePointer<Float>,
    to target: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer, in state: RunState)
}

/// Divides the channels of a window step into blocks of two cache lines. The last block includes
/// the remainder, so that no block has fewer channels than a vector.
struct ChannelBlocks {
  static let defaultUnit = 32
  let channels: Int
  let unit: Int

  var count: Int { max(1, channels / unit) }

  /// Returns the channels of some blocks.
  func channels(of blocks: Range<Int>) -> Range<Int> {
    blocks.lowerBound * unit..<(blocks.upperBound == count ? channels : blocks.upperBound * unit)
  }
}

extension WindowRowStep {
  var channelUnit: Int { ChannelBlocks.defaultUnit }

  /// The rows of the result in memory, over all images.
  var rowsOfResult: StoredRows {
    StoredRows(count: rows, pixels: result.width, channels: result.channels, pixelStride: output.pixelStride)
  }

  var storedRows: StoredRows? { rowsOfResult }

  private var rows: Int { result.images * result.height }
  private var blocks: ChannelBlocks { ChannelBlocks(channels: result.channels, unit: channelUnit) }
  private var grid: GridPartition {
    sharesChannels ? GridPartition(major: blocks.count, minor: rows) : GridPartition(major: rows, minor: blocks.count)
  }

  func tasks(phase: Int, workers: Int) -> Int {
    let sharing = RangeStep.sharing(cost: cost, workers: workers)
    return sharing == 1 ? 1 : grid.tasks(workers: sharing)
  }

  func work(phase: Int, task: Int, of count: Int) -> Int {
    var work = 0
    grid.forEachPart(ofTask: task, of: count) { work += $0.count * $1.count }
    return work
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in state: RunState) {
    let (source, target, scratch) = (state.pointer(input), state.pointer(output), state.scratch(of: worker))
    grid.forEachPart(ofTask: task, of: count) { major, minor in
      let (rows, part) = sharesChannels ? (minor, major) : (major, minor)
      run(rows: rows, channels: blocks.channels(of: part), from: source, to: target, scratch: scratch, in: state)
    }
  }

  func run(
    rows: Range<Int>, from source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutableRawPointer, in state: RunState
  ) {
    run(rows: rows, channels: 0..<result.channels, from: source, to: target, scratch: scratch, in: state)
  }

  /// Returns some channels of the input and output images.
  func images(
    _ channels: Range<Int>, from source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>
  ) -> (input: InputImages<Float>, output: OutputImages<Float>) {
    var input = image.input(source + channels.lowerBound, input)
    var output = result.output(target + channels.lowerBound, output)
    (input.channels, output.channels) = (channels.count, channels.count)
    return (input, output)
  }

  var dependency: RowDependency? {
    guard image.images == 1, result.images == 1 else { return nil }
    return RowDependency(
      window, inputRows: image.height, inputStride: image.width * input.pixelStride, outputRows: result.height,
      outputStride: result.width * output.pixelStride)
  }
}

import InfoldKernelInterface

/// A step over one image that makes rows of its result from a few rows of its input, so that several such steps can take turns: each
/// goes on where the one before has come to.
protocol RowStep: Step {
  var input: Location { get }
  var output: Location { get }
  /// Which rows of the input a row of the result is made of; `nil` where the step cannot be taken row by row.
  var dependency: RowDependency? { get }
  /// The bytes of weights that are read for every part of the rows.
  var weightByteCount: Int { get }
  /// How many of its operands are what lies where the input does.
  var inputReads: Int { get }

  /// The step whose input is the image at `place`; `nil` where it does not read that, or not row by row.
  func reading(rowsOf place: Location) -> (any RowStep)?

  /// Makes rows of the result.
  /// - Parameters:
  ///   - source: Where the input's row 0 lies, or would lie: only the rows that the results depend on are read.
  ///   - target: Where the result's row 0 lies, or would lie: only these rows are written.
  func run(
    rows: Range<Int>, from source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutableRawPointer, in state: RunState)
}

extension RowStep {
  var inputReads: Int { 1 }
  func reading(rowsOf place: Location) -> (any RowStep)? { place == input && dependency != nil ? self : nil }
}

/// Which rows of an image a row of a step's result is made of.
struct RowDependency: Sendable {
  var inputRows: Int
  var outputRows: Int
  /// The numbers from one row of the input to the next.
  var inputStride: Int
  /// The numbers from one row of the result to the next.
  var outputStride: Int
  /// The rows of the input that lie under the first row of the result, those of the padding included, begin here.
  var first: Int
  /// The rows of the input from those of one row of the result to those of the next.
  var step: Int
  /// The rows of the input under one row of the result.
  var extent: Int

  /// Whether every row of the input is read for the row of the result in its place, and for no other.
  var isRowByRow: Bool { first == 0 && step == 1 && extent == 1 }

  /// The rows of the input for rows of the result, which are not empty.
  func inputs(of rows: Range<Int>) -> Range<Int> {
    let begin = min(max(first + rows.lowerBound * step, 0), inputRows)
    let end = min(max(first + (rows.upperBound - 1) * step + extent, begin), inputRows)
    return begin..<end
  }

  /// The most rows of the input under so many rows of the result.
  func inputCount(of rows: Int) -> Int { min((rows - 1) * step + extent, inputRows) }
}

extension RowDependency {
  /// That of a window which moves over an image.
  init(
    _ window: ImageWindow, inputRows: Int, inputStride: Int, outputRows: Int, outputStride: Int
  ) {
    self.init(
      inputRows: inputRows, outputRows: outputRows, inputStride: inputStride, outputStride: outputStride,
      first: -window.padTop, step: window.strideY, extent: (window.height - 1) * window.dilationY + 1)
  }
}

/// A step of a kernel that is given rows of its result anyway, those of all images one behind the other, and computes every channel by
/// itself.
protocol WindowRowStep: RowStep, ChannelwiseStep {
  var image: ImageShape { get }
  var result: ImageShape { get }
  var window: ImageWindow { get }
  /// How long all of it takes, as a `RangeStep` counts it.
  var cost: Int { get }

  /// The channels that a task takes together, but for the last ones: a whole number of vectors.
  var channelUnit: Int { get }

  /// Makes some channels of rows of the result: a whole number of units, but for the last ones.
  func run(
    rows: Range<Int>, channels: Range<Int>, from source: UnsafeMutablePointer<Float>,
    to target: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer, in state: RunState)
}

/// What the channels of a step over windows are cut into: blocks of two lines of memory, the last of which has what is left as well, so
/// that none has fewer channels than a vector.
struct ChannelBlocks {
  static let usualUnit = 32
  let channels: Int
  let unit: Int

  var count: Int { max(1, channels / unit) }

  /// The channels of some blocks.
  func channels(of blocks: Range<Int>) -> Range<Int> {
    blocks.lowerBound * unit..<(blocks.upperBound == count ? channels : blocks.upperBound * unit)
  }
}

extension WindowRowStep {
  var channelUnit: Int { ChannelBlocks.usualUnit }

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

  /// Some channels of the picture that is read, and of that which is written.
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

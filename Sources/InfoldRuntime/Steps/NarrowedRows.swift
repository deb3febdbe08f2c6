import InfoldKernelInterface

/// A step whose result is converted to the bfloat16 numbers that convolutions by a matrix unit
/// multiply. It computes some rows at a time in float32, in scratch memory.
struct NarrowedRows: RowDividedStep {
  let original: any RowStep
  let rows: StoredRows
  private let unit: MatrixUnit
  let output: Location

  /// - Returns: `nil` if the step does not compute single-precision numbers row by row, overwrites its
  ///   input, or has rows that are too long for the cache.
  init?(_ step: any RowStep, _ unit: MatrixUnit, format: ElementFormat) {
    guard let rows = step.storedRows, step.input.format == .float32, step.output.format == .float32,
      step.input.buffer != step.output.buffer, rows.stride <= Self.numbersOfLongestRow
    else { return nil }
    (original, self.unit, self.rows) = (step, unit, rows)
    var output = step.output
    output.format = format
    self.output = output
  }

  var input: Location { original.input }
  var inputReads: Int { original.inputReads }

  var dependency: RowDependency? {
    var dependency = original.dependency
    dependency?.outputStride = output.format.floats(forElements: rows.stride)
    return dependency
  }

  /// The number of rows that are computed before they are converted. They stay in the second-level
  /// cache.
  private var rowsAtOnce: Int { max(1, Self.numbersAtOnce / max(rows.stride, 1)) }
  private static let numbersAtOnce = 1 << 14
  private static let numbersOfLongestRow = 1 << 16

  private var memory: Int { ArenaLayout.aligned(rowsAtOnce * rows.stride * MemoryLayout<Float>.stride) }
  var scratchByteCount: Int { memory + original.scratchByteCount }

  func run(
    rows range: Range<Int>, from source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutableRawPointer, in state: RunState
  ) {
    let numbers = scratch.assumingMemoryBound(to: Float.self)
    var first = range.lowerBound
    while first < range.upperBound {
      let end = min(first + rowsAtOnce, range.upperBound), place = first * rows.stride
      original.run(rows: first..<end, from: source, to: numbers - place, scratch: scratch + memory, in: state)
      unit.kernels.store(
        Pixels(numbers, channels: rows.channels, pixelStride: rows.pixelStride), count: (end - first) * rows.pixels,
        unit.factors, to: target.narrowNumbers + place, planeStride: output.format.planeStride)
      first = end
    }
  }
}

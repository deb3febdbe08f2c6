public import InfoldKernelInterface

// Small groups are processed in vectors, with one lane for each output channel of one or more whole
// groups. Each lane multiplies the inputs of its group one after the other, so it may read other
// channels than the adjacent lane. The input rows are rearranged accordingly once for all window
// positions, with padding around them.
extension Kernels {
  public static func groupedWeightCount(_ groups: ChannelGroups, taps: Int) -> Int {
    groups.blocks(ofVectors: Vector.scalarCount) * taps * groups.inputs * Vector.scalarCount
  }

  @inline(never)
  public static func packGroupedWeights(
    _ weights: UnsafePointer<Float>, _ groups: ChannelGroups, rows: Int, columns: Int,
    into packed: UnsafeMutablePointer<Float>
  ) {
    let perVector = groups.perVector(of: Vector.scalarCount)
    var target = packed
    for block in 0..<groups.blocks(ofVectors: Vector.scalarCount) {
      let first = block * perVector * groups.outputs
      let count = min(perVector * groups.outputs, groups.count * groups.outputs - first)
      for row in 0..<rows {
        for input in 0..<groups.inputs {
          for column in 0..<columns {
            for lane in 0..<Vector.scalarCount {
              let place = (((first + lane) * groups.inputs + input) * rows + row) * columns + column
              target[lane] = lane < count ? weights[place] : 0
            }
            target += Vector.scalarCount
          }
        }
      }
    }
  }

  public static func groupedConvolutionScratch(
    _ groups: ChannelGroups, _ window: ImageWindow, _ depth: DepthWindow, outputWidth: Int
  ) -> Int? {
    guard groups.perVector(of: Vector.scalarCount) > 0 else { return nil }
    return GroupedScratch(groups, window, depth, outputWidth: outputWidth)?.byteCount
  }

  @inline(never)
  public static func convolveGroups(_ arguments: GroupedConvolutionArguments, rows: Range<Int>, blocks: Range<Int>) {
    let width = arguments.output.width
    guard let room = GroupedScratch(arguments.groups, arguments.window, arguments.depth, outputWidth: width) else {
      return
    }
    room.prepare(arguments)
    forEach(from: 0, to: width, by: room.columns) { first in
      for block in blocks {
        GroupedColumns(arguments, room, block: block, columns: first..<min(first + room.columns, width)).run(rows)
      }
    }
  }
}

/// The layout of a grouped convolution's scratch memory. It holds the input rows under one row of
/// the output, or under some of its columns. Each row holds, for each column, as many vectors as a
/// group has inputs. Columns that are one stride apart are adjacent.
struct GroupedScratch {
  /// Whether two adjacent rows of the output are computed together, so that inputs that both read
  /// are loaded once.
  let pairsRows: Bool
  /// Whether an input row is stored at a slot derived from its number and kept until all windows
  /// have passed it. Otherwise its slot is that of its window row.
  let keepsRows: Bool
  /// The number of slots for input rows, in one plane of the window and in all planes.
  let rowsOfPlane: Int
  let rows: Int
  /// The number of distinct column phases, modulo the stride, that the window reads.
  let phases: Int
  /// The columns of the output that are computed together.
  let columns: Int
  /// The input columns of each phase that these need.
  let phaseLength: Int
  /// The distances between inputs of a group and between rows, in floats.
  let inputStride: Int
  let rowStride: Int
  /// The columns of the window.
  private let windowColumns: Int
  let byteCount: Int

  /// Rows of at most this size stay in the first-level cache.
  private static var nearBytes: Int { 24 << 10 }
  private static var mostBytes: Int { 1 << 20 }

  /// Whether there are enough registers for two rows of sums.
  @inline(__always)
  static var canPairRows: Bool {
    #if INFOLD_AVX512 || INFOLD_NEON
      true
    #else
      false
    #endif
  }

  /// Creates the layout.
  /// - Returns: `nil` if it would take too much memory.
  @inline(always)
  init?(_ groups: ChannelGroups, _ window: ImageWindow, _ depth: DepthWindow, outputWidth: Int) {
    // With these limits, nothing below can overflow.
    let largest = 1 << 16
    guard window.height <= largest, window.width <= largest, depth.size <= largest, window.dilationX <= 1 << 30,
      window.strideX <= 1 << 31
    else { return nil }
    pairsRows = Self.canPairRows && window.height >= 3 && window.strideY == 1 && window.dilationY == 1
    keepsRows = window.dilationY <= 8
    rowsOfPlane = pairsRows ? window.height + 1 : window.height * (keepsRows ? window.dilationY : 1)
    rows = depth.size * rowsOfPlane
    windowColumns = window.width
    phases = min(window.width, window.strideX / greatestCommonDivisor(window.strideX, window.dilationX))
    let columnBytes = rows * groups.inputs * phases * Vector.scalarCount * MemoryLayout<Float>.stride
    guard columnBytes <= Self.mostBytes else { return nil }
    let most = max(14, Self.nearBytes / columnBytes / 8 * 8)
    let parts = (outputWidth + most - 1) / most
    // Columns are computed in groups of eight or seven.
    let even = (outputWidth + parts - 1) / parts
    columns = parts == 1 || divide(even, by: 7).remainder == 0 ? even : (even + 7) / 8 * 8
    phaseLength = columns + (window.width - 1) * window.dilationX / window.strideX
    guard phaseLength <= Self.mostBytes, columnBytes * phaseLength <= Self.mostBytes else { return nil }
    inputStride = phases * phaseLength * Vector.scalarCount
    rowStride = groups.inputs * inputStride
    byteCount =
      rows * rowStride * MemoryLayout<Float>.stride + groups.inputs * MemoryLayout<VectorLanes>.stride
      + rows * (MemoryLayout<GroupedRow>.stride + MemoryLayout<Int>.stride)
      + phases * MemoryLayout<GroupedPhase>.stride + windowColumns * MemoryLayout<Int>.stride
  }

  /// Returns the input rows.
  @inline(always)
  func values(_ scratch: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
    scratch.assumingMemoryBound(to: Float.self)
  }

  /// Returns the channels that the lanes use, for each input of a group.
  @inline(always)
  func lanes(_ scratch: UnsafeMutableRawPointer) -> UnsafeMutablePointer<VectorLanes> {
    UnsafeMutableRawPointer(values(scratch) + rows * rowStride).assumingMemoryBound(to: VectorLanes.self)
  }

  /// Returns the table of rows under one row of the output.
  @inline(always)
  func table(_ scratch: UnsafeMutableRawPointer) -> UnsafeMutablePointer<GroupedRow> {
    UnsafeMutableRawPointer(scratch + byteCount - tailBytes).assumingMemoryBound(to: GroupedRow.self)
  }

  /// Returns the number of the input row in each slot, or −1.
  @inline(always)
  func present(_ scratch: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Int> {
    UnsafeMutableRawPointer(table(scratch) + rows).assumingMemoryBound(to: Int.self)
  }

  /// Returns the phases of the columns.
  @inline(always)
  func phases(_ scratch: UnsafeMutableRawPointer) -> UnsafeMutablePointer<GroupedPhase> {
    UnsafeMutableRawPointer(present(scratch) + rows).assumingMemoryBound(to: GroupedPhase.self)
  }

  /// Returns the offsets of the window's columns within a row, in floats.
  @inline(always)
  func offsets(_ scratch: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Int> {
    UnsafeMutableRawPointer(phases(scratch) + phases).assumingMemoryBound(to: Int.self)
  }

  /// The size of everything after the rows and lanes.
  private var tailBytes: Int {
    rows * (MemoryLayout<GroupedRow>.stride + MemoryLayout<Int>.stride)
      + phases * MemoryLayout<GroupedPhase>.stride + windowColumns * MemoryLayout<Int>.stride
  }

  /// Writes the tables that do not depend on channels and columns.
  @inline(always)
  func prepare(_ arguments: GroupedConvolutionArguments) {
    let (window, offsets) = (arguments.window, offsets(arguments.scratch))
    for column in 0..<windowColumns {
      let phase = divide(column, by: phases).remainder
      let distance = column * window.dilationX / window.strideX
      offsets[column] = (phase * phaseLength + distance) * Vector.scalarCount
    }
  }
}

/// An input row under one row of the output or the next, with the window's weights for each of the
/// two if the window covers it.
struct GroupedRow {
  var values: UnsafePointer<Float>
  var weights: UnsafePointer<Float>?
  var nextWeights: UnsafePointer<Float>?
}

/// The columns of the input that are one stride apart.
struct GroupedPhase {
  /// The first column, which may lie before the image.
  var first: Int
  /// The range of columns that lie inside the image.
  var begin: Int
  var end: Int
}

@inline(always)
private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
  var (a, b) = (a, b)
  while b != 0 { (a, b) = (b, divide(a, by: b).remainder) }
  return a
}

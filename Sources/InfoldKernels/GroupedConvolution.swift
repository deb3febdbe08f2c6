public import InfoldKernelInterface

// Groups of few channels go by vectors: a lane for each output channel of one or several whole groups. Each lane multiplies its group's
// inputs, one after the other, and so reads other channels than the lane beside it. The rows of the input are brought to that order once for
// all positions of the window, with padding around them.
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

/// What the scratch memory of a grouped convolution holds: the input's rows under one row of the output, or a part of its columns. Of each
/// row there are as many vectors of every column as a group has inputs. Columns that lie a stride apart follow one another.
struct GroupedScratch {
  /// Whether two neighbouring rows of the output are computed together, so that what both read is loaded once.
  let pairsRows: Bool
  /// Whether a row of the input has its place by its number, and stays there until the windows have passed; else it has the place of its
  /// position in the window.
  let keepsRows: Bool
  /// The rows of the input that have a place, of one plane of the window and of all.
  let rowsOfPlane: Int
  let rows: Int
  /// How many different columns of a stride the window reads.
  let phases: Int
  /// The columns of the output that are computed together.
  let columns: Int
  /// The input columns of each phase under these.
  let phaseLength: Int
  /// Numbers from one input of a group to the next, and from one row to the next.
  let inputStride: Int
  let rowStride: Int
  /// The columns of the window.
  private let windowColumns: Int
  let byteCount: Int

  /// Rows that take no more stay in the nearest cache.
  private static var nearBytes: Int { 24 << 10 }
  private static var mostBytes: Int { 1 << 20 }

  /// Whether there are registers for two rows of sums.
  @inline(__always)
  static var canPairRows: Bool {
    #if INFOLD_AVX512 || INFOLD_NEON
      true
    #else
      false
    #endif
  }

  /// - Returns: `nil` where it would be too much memory.
  @inline(always)
  init?(_ groups: ChannelGroups, _ window: ImageWindow, _ depth: DepthWindow, outputWidth: Int) {
    // No number below can overflow for these.
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
    // Columns are computed by eight or by seven.
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

  /// The input's rows.
  @inline(always)
  func values(_ scratch: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
    scratch.assumingMemoryBound(to: Float.self)
  }

  /// For each input of a group, which channels the lanes take.
  @inline(always)
  func lanes(_ scratch: UnsafeMutableRawPointer) -> UnsafeMutablePointer<VectorLanes> {
    UnsafeMutableRawPointer(values(scratch) + rows * rowStride).assumingMemoryBound(to: VectorLanes.self)
  }

  /// The rows under one row of the output.
  @inline(always)
  func table(_ scratch: UnsafeMutableRawPointer) -> UnsafeMutablePointer<GroupedRow> {
    UnsafeMutableRawPointer(scratch + byteCount - tailBytes).assumingMemoryBound(to: GroupedRow.self)
  }

  /// Which row of the input lies in each place for one; −1 for none.
  @inline(always)
  func present(_ scratch: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Int> {
    UnsafeMutableRawPointer(table(scratch) + rows).assumingMemoryBound(to: Int.self)
  }

  /// The phases of the columns.
  @inline(always)
  func phases(_ scratch: UnsafeMutableRawPointer) -> UnsafeMutablePointer<GroupedPhase> {
    UnsafeMutableRawPointer(present(scratch) + rows).assumingMemoryBound(to: GroupedPhase.self)
  }

  /// Where the columns of the window begin in a row, in numbers.
  @inline(always)
  func offsets(_ scratch: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Int> {
    UnsafeMutableRawPointer(phases(scratch) + phases).assumingMemoryBound(to: Int.self)
  }

  /// What lies behind the rows and lanes.
  private var tailBytes: Int {
    rows * (MemoryLayout<GroupedRow>.stride + MemoryLayout<Int>.stride)
      + phases * MemoryLayout<GroupedPhase>.stride + windowColumns * MemoryLayout<Int>.stride
  }

  /// Writes what does not depend on channels and columns.
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

/// A row of the input under one row of the output or the one behind it, and the window's weights for it, if it lies under the window.
struct GroupedRow {
  var values: UnsafePointer<Float>
  var weights: UnsafePointer<Float>?
  var nextWeights: UnsafePointer<Float>?
}

/// The columns of the input that lie a stride apart.
struct GroupedPhase {
  /// The first one, which may lie before the picture.
  var first: Int
  /// Which of them lie inside of it.
  var begin: Int
  var end: Int
}

@inline(always)
private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
  var (a, b) = (a, b)
  while b != 0 { (a, b) = (b, divide(a, by: b).remainder) }
  return a
}

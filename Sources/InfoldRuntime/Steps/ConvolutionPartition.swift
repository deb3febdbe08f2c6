/// The axis of a convolution that threads divide.
enum SharedAxis: String, Sendable {
  case positions, channels

  var other: SharedAxis { self == .positions ? .channels : .positions }
}

/// The division of a convolution into tasks.
struct ConvolutionPartition {
  /// The number of output positions.
  let rows: Int
  /// The number of output channels per group.
  let columns: Int
  let groups: Int
  /// The number of rows of a tile. Parts are multiples of it where possible.
  let tileRows: Int
  let panelWidth: Int
  /// The axis that threads divide: the output positions, or the channels, so that each thread reads
  /// its own weights.
  let axis: SharedAxis

  private var splitsColumns: Bool { axis == .channels }
  private var tiles: Int { (rows + tileRows - 1) / tileRows }
  private var panels: Int { (columns + panelWidth - 1) / panelWidth }

  /// The partition of one group.
  private var grid: GridPartition {
    splitsColumns ? GridPartition(major: panels, minor: tiles) : GridPartition(major: tiles, minor: panels)
  }

  /// Returns the maximum number of tasks along an axis.
  func parts(along axis: SharedAxis) -> Int { groups * (axis == .channels ? panels : tiles) }

  /// Returns whether a task processes its positions for all groups. A thread then reads what it
  /// wrote in the previous step, which divided the positions as well.
  private func splitsPictures(tasks: Int) -> Bool { groups == 1 || !splitsColumns && tiles >= 2 * tasks }

  /// Returns the number of tasks for this number of threads.
  func tasks(workers: Int) -> Int {
    groups == 1 ? grid.tasks(workers: workers) : min(2 * workers, groups * grid.major)
  }

  /// Calls `body` with the groups, positions and channels of each part of a task.
  func forEachPart(
    ofTask task: Int, of count: Int, _ body: (_ groups: Range<Int>, _ pixels: Range<Int>, _ columns: Range<Int>) -> Void
  ) {
    func take(_ groups: Range<Int>, _ major: Range<Int>, _ minor: Range<Int>) {
      let (tiles, panels) = splitsColumns ? (minor, major) : (major, minor)
      body(groups, tiles.scaled(by: tileRows, to: rows), panels.scaled(by: panelWidth, to: columns))
    }
    if splitsPictures(tasks: count) {
      grid.forEachPart(ofTask: task, of: count) { major, minor in take(0..<groups, major, minor) }
      return
    }
    // The tasks cover the parts of one group after the other.
    let units = grid.major
    var rest = (0..<(groups * units)).part(task, of: count)
    while !rest.isEmpty {
      let group = rest.lowerBound / units
      let end = min(rest.upperBound, (group + 1) * units)
      take(group..<group + 1, rest.lowerBound - group * units..<end - group * units, 0..<grid.minor)
      rest = end..<rest.upperBound
    }
  }
}

/// How threads share a convolution.
struct ConvolutionSharing: Hashable, Sendable {
  /// What is cut into parts.
  enum Axis: String, Sendable {
    case positions, channels
  }

  var axis: Axis
  /// The tasks for each thread, where there are so many parts.
  var tasksPerThread: Int
}

extension ConvolutionSharing: CustomStringConvertible {
  /// What is shared, and how finely.
  var description: String { "\(axis.rawValue) by \(tasksPerThread)" }
}

/// How the work of a convolution is cut into tasks.
struct ConvolutionPartition {
  /// The output positions.
  let rows: Int
  /// The output channels of one group.
  let columns: Int
  let groups: Int
  /// Rows of a tile: parts of the work are multiples of it where they can be.
  let tileRows: Int
  let panelWidth: Int
  /// How threads share it.
  let sharing: ConvolutionSharing

  private var splitsColumns: Bool { sharing.axis == .channels }

  private var unit: Int { splitsColumns ? panelWidth : tileRows }
  private var extent: Int { splitsColumns ? columns : rows }
  /// Of one group.
  private var units: Int { (extent + unit - 1) / unit }

  /// Whether a task takes its positions for all groups. So a thread reads what it wrote in the step before, which shared the picture.
  private func splitsPictures(tasks: Int) -> Bool { !splitsColumns && units >= 2 * tasks }

  /// The tasks for so many threads.
  func tasks(workers: Int) -> Int { min(sharing.tasksPerThread * workers, groups * units) }

  /// The ways for so many threads to share it, beginning with its own.
  func sharings(workers: Int) -> [ConvolutionSharing] {
    var sharings = [sharing]
    for count in [1, 4] where groups * units >= count * workers {
      sharings.append(ConvolutionSharing(axis: sharing.axis, tasksPerThread: count))
    }
    let other = splitsColumns ? (rows + tileRows - 1) / tileRows : (columns + panelWidth - 1) / panelWidth
    if groups * other >= workers {
      sharings.append(ConvolutionSharing(axis: splitsColumns ? .positions : .channels, tasksPerThread: 2))
    }
    return sharings
  }

  /// Calls `body` with the groups, positions and channels of a task.
  func forEachPart(
    ofTask task: Int, of count: Int, _ body: (_ group: Int, _ pixels: Range<Int>, _ columns: Range<Int>) -> Void
  ) {
    if splitsPictures(tasks: count) {
      let pixels = (0..<rows).part(task, of: count, unit: tileRows)
      for group in 0..<groups { body(group, pixels, 0..<columns) }
      return
    }
    // The tasks go through the units of one group after the other.
    var rest = (0..<(groups * units)).part(task, of: count)
    while !rest.isEmpty {
      let group = rest.lowerBound / units
      let end = min(rest.upperBound, (group + 1) * units)
      let part = min((rest.lowerBound - group * units) * unit, extent)..<min((end - group * units) * unit, extent)
      body(group, splitsColumns ? 0..<rows : part, splitsColumns ? part : 0..<columns)
      rest = end..<rest.upperBound
    }
  }
}

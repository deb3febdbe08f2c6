/// Divides a two-dimensional result into tasks: whole units of the major axis, or parts of them
/// along the minor axis if there are too few to share them evenly.
///
/// Tasks cover the units in order, with the minor axis varying fastest. Successive steps that are
/// divided along the same axis therefore give each thread the same part.
package struct GridPartition {
  /// The number of units along each axis.
  package let major: Int
  package let minor: Int

  package init(major: Int, minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// Returns whether to divide along the minor axis. That is unnecessary if there are at least four
  /// major units per task, or equally many for every thread.
  private func cutsMinor(tasks: Int) -> Bool { major < 4 * tasks && !major.isMultiple(of: (tasks + 1) / 2) }

  /// Returns the number of tasks for this number of threads, at most two per thread.
  package func tasks(workers: Int) -> Int {
    let tasks = max(1, min(2 * workers, major * minor, WorkerPool.mostTasks))
    return cutsMinor(tasks: tasks) ? tasks : max(1, min(tasks, major))
  }

  /// Calls `body` with the units of a task, as at most three rectangles.
  package func forEachPart(ofTask task: Int, of count: Int, _ body: (_ major: Range<Int>, _ minor: Range<Int>) -> Void)
  {
    guard cutsMinor(tasks: count) else {
      let part = (0..<major).part(task, of: count)
      if !part.isEmpty { body(part, 0..<minor) }
      return
    }
    var rest = (0..<major * minor).part(task, of: count)
    while !rest.isEmpty {
      let (first, begin) = rest.lowerBound.quotientAndRemainder(dividingBy: minor)
      if begin == 0, rest.count >= minor {
        body(first..<first + rest.count / minor, 0..<minor)
        rest = rest.lowerBound + rest.count / minor * minor..<rest.upperBound
      } else {
        let end = min(minor, begin + rest.count)
        body(first..<first + 1, begin..<end)
        rest = rest.lowerBound + end - begin..<rest.upperBound
      }
    }
  }
}

extension Range<Int> {
  /// Converts a range of units of an axis to the range of its elements.
  func scaled(by unit: Int, to extent: Int) -> Range<Int> {
    Swift.min(lowerBound * unit, extent)..<Swift.min(upperBound * unit, extent)
  }
}

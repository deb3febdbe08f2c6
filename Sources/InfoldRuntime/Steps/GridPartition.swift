/// How a result with two axes is cut into tasks: whole units of the major axis, or where there are too few to share them evenly, parts of
/// them along the minor axis.
///
/// Tasks go through the units in their order, those of one major unit behind one another. So neighbouring steps that are cut along
/// the same axis give the same thread the same part of it.
package struct GridPartition {
  /// The units of each axis.
  package let major: Int
  package let minor: Int

  package init(major: Int, minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// As many major units for each task are even enough, and so is the same number for every thread: each has two tasks.
  private func cutsMinor(tasks: Int) -> Bool { major < 4 * tasks && !major.isMultiple(of: (tasks + 1) / 2) }

  /// The tasks for so many threads, at most two for each.
  package func tasks(workers: Int) -> Int {
    let tasks = max(1, min(2 * workers, major * minor, WorkerPool.mostTasks))
    return cutsMinor(tasks: tasks) ? tasks : max(1, min(tasks, major))
  }

  /// Calls `body` with the units of a task, in at most three rectangles.
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
  /// What so many units of an axis are of its elements.
  func scaled(by unit: Int, to extent: Int) -> Range<Int> {
    Swift.min(lowerBound * unit, extent)..<Swift.min(upperBound * unit, extent)
  }
}

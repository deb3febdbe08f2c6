/// A step whose work is a range of equal units: rows, pixels or blocks.
struct RangeStep: Step {
  /// The number of units.
  let units: Int
  /// The approximate cost of the whole step, in elements read and written. It decides how many
  /// threads share the step.
  let cost: Int
  let scratchByteCount: Int
  private let body: @Sendable (_ units: Range<Int>, _ state: RunState, _ worker: Int) -> Void

  /// Creates a step that calls `body` with parts of the range.
  init(
    units: Int, cost: Int, scratchByteCount: Int = 0,
    _ body: @escaping @Sendable (_ units: Range<Int>, _ state: RunState, _ worker: Int) -> Void
  ) {
    self.units = units
    self.cost = cost
    self.scratchByteCount = scratchByteCount
    self.body = body
  }

  /// The cost of starting another thread.
  private static let smallestCost = 8192

  func tasks(phase: Int, workers: Int) -> Int { Self.tasks(units: units, cost: cost, workers: workers) }

  /// Returns the number of tasks for this number of threads.
  static func tasks(units: Int, cost: Int, workers: Int) -> Int {
    let sharing = sharing(cost: cost, workers: workers)
    return sharing == 1 ? 1 : max(1, min(units, 2 * sharing, WorkerPool.mostTasks))
  }

  /// Returns the number of threads that are worth using.
  static func sharing(cost: Int, workers: Int) -> Int {
    ThreadHeuristic.count(work: cost / smallestCost, workers: workers)
  }

  func work(phase: Int, task: Int, of count: Int) -> Int { (0..<units).part(task, of: count).count }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in state: RunState) {
    body((0..<units).part(task, of: count), state, worker)
  }
}

/// A piece of a plan's work: one node of the graph, or several that became one.
///
/// A step is a sequence of phases, and a phase a number of tasks that may run at the same time. What a task computes does
/// not depend on how many there are: every element comes from the same operations in the same order.
protocol Step: Sendable {
  /// The number of phases, mostly 1.
  var phases: Int { get }

  /// How many tasks a phase is to be cut into for `workers` threads, from 1 to `WorkerPool.mostTasks`.
  func tasks(phase: Int, workers: Int) -> Int

  /// Whether threads share the channels of its result, and not the positions.
  var sharesChannels: Bool { get }

  /// The scratch memory that each worker needs, in bytes.
  var scratchByteCount: Int { get }

  /// The tensors of the state that it reads and makes as a whole, by the indices of their values.
  var tensors: (reads: [Int], writes: [Int]) { get }

  /// How much of all phases a task does, in a unit of the step's own. Predictions of its time go by that, and nothing else does.
  func work(phase: Int, task: Int, of count: Int) -> Int

  /// Does task `task` of the `count` tasks of a phase.
  func run(phase: Int, task: Int, of count: Int, worker: Int, in state: RunState)
}

extension Step {
  var phases: Int { 1 }
  var sharesChannels: Bool { false }
  func work(phase: Int, task: Int, of count: Int) -> Int { 1 }
  var scratchByteCount: Int { 0 }
  var tensors: (reads: [Int], writes: [Int]) { ([], []) }
}

/// A step that computes every channel by itself, so that threads may share either axis of its result.
protocol ChannelwiseStep: Step {
  var sharesChannels: Bool { get set }
}

extension Range<Int> {
  /// Part `index` of `count` nearly equal parts, whose inner borders are multiples of `unit` from the beginning.
  func part(_ index: Int, of count: Int, unit: Int = 1) -> Range<Int> {
    let units = (self.count + unit - 1) / unit
    let begin = units * index / count, end = units * (index + 1) / count
    return Swift.min(lowerBound + begin * unit, upperBound)..<Swift.min(lowerBound + end * unit, upperBound)
  }
}

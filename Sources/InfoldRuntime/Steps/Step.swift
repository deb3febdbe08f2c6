/// A unit of a plan's work: one node of the graph, or several fused nodes.
///
/// A step is a sequence of phases. A phase is a number of tasks that may run concurrently. Results
/// do not depend on the number of tasks: every element is computed by the same operations in the
/// same order.
protocol Step: Sendable {
  /// The number of phases, usually 1.
  var phases: Int { get }

  /// Returns the number of tasks into which a phase is divided for `workers` threads, from 1 to
  /// `WorkerPool.mostTasks`.
  func tasks(phase: Int, workers: Int) -> Int

  /// Whether threads divide the channels of the result rather than the positions.
  var sharesChannels: Bool { get }

  /// The scratch memory that each worker needs, in bytes.
  var scratchByteCount: Int { get }

  /// The tensors in the run state that the step reads and creates as a whole, by value index.
  var tensors: (reads: [Int], writes: [Int]) { get }

  /// Returns the share of a task in the work of all phases, in a unit specific to the step. It is
  /// used only for predicting times.
  func work(phase: Int, task: Int, of count: Int) -> Int

  /// Executes task `task` of the `count` tasks of a phase.
  func run(phase: Int, task: Int, of count: Int, worker: Int, in state: RunState)
}

extension Step {
  var phases: Int { 1 }
  var sharesChannels: Bool { false }
  func work(phase: Int, task: Int, of count: Int) -> Int { 1 }
  var scratchByteCount: Int { 0 }
  var tensors: (reads: [Int], writes: [Int]) { ([], []) }
}

/// A step that computes every channel independently, so that threads may divide either axis of its
/// result.
protocol ChannelwiseStep: Step {
  var sharesChannels: Bool { get set }
}

extension Range<Int> {
  /// Returns part `index` of `count` nearly equal parts, whose inner bounds are multiples of `unit`
  /// from the beginning.
  func part(_ index: Int, of count: Int, unit: Int = 1) -> Range<Int> {
    let units = (self.count + unit - 1) / unit
    let begin = units * index / count, end = units * (index + 1) / count
    return Swift.min(lowerBound + begin * unit, upperBound)..<Swift.min(lowerBound + end * unit, upperBound)
  }
}

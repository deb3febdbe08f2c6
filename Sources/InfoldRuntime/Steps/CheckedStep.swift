import InfoldSystem

/// A step that checks its operands before it computes anything.
struct CheckedStep: Step {
  /// The name of the node in errors.
  let label: String
  /// Throws an error if the operands are invalid.
  let check: @Sendable (RunState) throws(InfoldError) -> Void
  /// The computations that follow, in order.
  let passes: [RangeStep]

  var phases: Int { 1 + passes.count }
  var scratchByteCount: Int { passes.reduce(0) { max($0, $1.scratchByteCount) } }

  func tasks(phase: Int, workers: Int) -> Int {
    phase == 0 ? 1 : passes[phase - 1].tasks(phase: 0, workers: workers)
  }

  func work(phase: Int, task: Int, of count: Int) -> Int {
    phase == 0 ? 1 : passes[phase - 1].work(phase: 0, task: task, of: count)
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in state: RunState) {
    if phase == 0 {
      do throws(InfoldError) {
        try check(state)
      } catch {
        state.failure = error.atNode(label)
      }
    } else if state.failure == nil {
      passes[phase - 1].run(phase: 0, task: task, of: count, worker: worker, in: state)
    }
  }
}

import InfoldSystem

/// A step that looks at what it is given, before anything is done with it.
struct CheckedStep: Step {
  /// The node, as errors call it.
  let label: String
  /// Throws what is wrong.
  let check: @Sendable (RunState) throws(InfoldError) -> Void
  /// What is done then, one behind the other.
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

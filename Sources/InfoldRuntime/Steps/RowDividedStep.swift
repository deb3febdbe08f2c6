/// A step that was made of another, and that threads divide by rows only.
protocol RowDividedStep: RowStep {
  /// The step that it was made of, with as much to compute.
  var original: any RowStep { get }
  /// The rows of the result in memory, over all images.
  var rows: StoredRows { get }
}

extension RowDividedStep {
  var storedRows: StoredRows? { rows }
  var weightByteCount: Int { original.weightByteCount }

  func tasks(phase: Int, workers: Int) -> Int {
    max(1, min(original.tasks(phase: phase, workers: workers), rows.count))
  }

  func work(phase: Int, task: Int, of count: Int) -> Int { (0..<rows.count).part(task, of: count).count }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in state: RunState) {
    run(
      rows: (0..<rows.count).part(task, of: count), from: state.firstRow(input), to: state.firstRow(output),
      scratch: state.scratch(of: worker), in: state)
  }
}

import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An If or a Loop whose bodies run by plans of their own.
struct BodyStep: Step {
  let node: any BodyOperator
  let operands: NodeTensors
  /// The plans of each body.
  let bodies: [BodyPlans]

  var tensors: (reads: [Int], writes: [Int]) { operands.indices }

  /// Returns the working memory of the planned bodies in bytes. Only one body runs at a time.
  func workingByteCount(workers: Int) -> Int {
    bodies.reduce(0) { max($0, $1.workingByteCount(workers: workers)) }
  }

  func tasks(phase: Int, workers: Int) -> Int { 1 }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in state: RunState) {
    let context = state.context!
    operands.compute(in: state) { inputs throws(InfoldError) in
      let cancellation = context.cancellation ?? Cancellation(.none, timeLimit: nil)
      return try cancellation.interrupting { () throws(InfoldError) in
        try node.evaluate(inputs, EvaluationContext(wantedOutputs: operands.outputs.map { $0 != nil })) {
          (body, given, captured) throws(InfoldError) -> [Tensor] in
          try bodies[body].run(given, captured: captured, in: context, cancellation)
        }
      }
    }
  }
}

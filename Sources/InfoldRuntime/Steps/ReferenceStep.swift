import InfoldGraph
import InfoldSystem
import InfoldTensor

/// A node computed by its operator's reference evaluation.
struct ReferenceStep: Step {
  let node: Node
  let operands: NodeTensors

  var tensors: (reads: [Int], writes: [Int]) { operands.indices }

  func tasks(phase: Int, workers: Int) -> Int { 1 }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in state: RunState) {
    operands.compute(in: state) { inputs throws(InfoldError) in
      guard node.typed is any BodyOperator, let cancellation = state.context!.cancellation else {
        return try node.evaluate(inputs)
      }
      return try cancellation.interrupting { () throws(InfoldError) in try node.evaluate(inputs) }
    }
  }
}

import InfoldGraph

/// What a session does in one run: steps over numbered slots, one slot per value of the graph.
struct Plan: Sendable {
  private let steps: [Step]
  private let slotCount: Int
  private let constants: [(slot: Int, tensor: Tensor)]
  private let inputs: [Int]
  private let outputs: [Int]

  /// - Throws: `InfoldError` with `.unsupported` when `graph` has opaque nodes.
  init(_ graph: Graph) throws(InfoldError) {
    try graph.requireNoOpaqueNodes()
    let lastUses = graph.lastUses()
    steps = graph.nodeIDs.map { id in
      Step(
        node: graph[id], label: graph.label(of: graph[id]), inputs: graph[id].inputs.map { $0?.index },
        outputs: graph[id].outputs.map { $0?.index },
        shapes: graph[id].outputs.map { $0.flatMap { graph[$0].type?.shape } },
        ending: lastUses[id.index].map(\.index))
    }
    slotCount = graph.values.count
    constants = graph.valueIDs.compactMap { id in graph[id].initializer?.tensor.map { (id.index, $0) } }
    inputs = graph.inputs.map(\.index)
    outputs = graph.outputs.map(\.index)
  }

  /// Runs the steps.
  /// - Parameter given: The inputs in the model's order; `nil` where the default is to be used.
  func run(_ given: [Tensor?]) throws(InfoldError) -> [Tensor] {
    var slots = [Tensor?](repeating: nil, count: slotCount)
    for (slot, tensor) in constants { slots[slot] = tensor }
    for (slot, tensor) in zip(inputs, given) {
      if let tensor { slots[slot] = tensor }
    }
    for step in steps { try step.run(on: &slots) }
    return outputs.map { slots[$0]! }
  }
}

/// One node, run by its operator's reference evaluation.
struct Step: Sendable {
  let node: Node
  let label: String
  let inputs: [Int?]
  let outputs: [Int?]
  /// What the plan believes of the outputs' shapes. The model may have declared sizes that only a run can prove wrong.
  let shapes: [Shape?]
  /// Slots that nobody reads afterwards.
  let ending: [Int]

  func run(on slots: inout [Tensor?]) throws(InfoldError) {
    let operands = inputs.map { $0.flatMap { slots[$0] } }
    let results = try annotatingErrors({ $0.atNode(label) }) { () throws(InfoldError) in try node.evaluate(operands) }
    for (index, slot) in outputs.enumerated() {
      guard let slot, let result = results[index] else { continue }
      if let shape = shapes[index], !shape.admits(result.shape) {
        throw InfoldError(
          .invalidModel, "the output \(index) has the shape \(result.shape); the model declares it as \(shape)",
          node: label)
      }
      slots[slot] = result
    }
    for slot in ending { slots[slot] = nil }
  }
}

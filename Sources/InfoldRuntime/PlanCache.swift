import InfoldTensor

/// The plans of a session by the types and shapes of its inputs; of too many, the one that was not used for longest is forgotten.
struct PlanCache {
  /// An input, or its default. The model may leave open even the element type.
  private struct Input {
    let elementType: ElementType
    let shape: [Int]

    func admits(_ tensor: Tensor) -> Bool { tensor.elementType == elementType && tensor.shape == shape }
  }

  /// The most plans that are kept.
  let capacity: Int
  /// The latest used is the last.
  private var entries: [(inputs: [Input], plan: RunPlan)] = []

  init(capacity: Int) {
    self.capacity = capacity
  }

  /// The plans that are kept.
  var plans: some Sequence<RunPlan> { entries.lazy.map(\.plan) }

  /// The plan for these inputs, which counts as used now.
  mutating func plan(for tensors: [Tensor]) -> RunPlan? {
    guard
      let index = entries.lastIndex(where: { entry in
        tensors.indices.allSatisfy { entry.inputs[$0].admits(tensors[$0]) }
      })
    else { return nil }
    // The last one stays where it is, which allocates nothing.
    if index < entries.count - 1 { entries.append(entries.remove(at: index)) }
    return entries[entries.count - 1].plan
  }

  /// Keeps a plan, unless there is one for the shapes already.
  /// - Returns: The plan that is kept.
  mutating func insert(_ plan: RunPlan, for tensors: [Tensor]) -> RunPlan {
    if let earlier = self.plan(for: tensors) { return earlier }
    if entries.count >= capacity { entries.removeFirst() }
    entries.append((tensors.map { Input(elementType: $0.elementType, shape: $0.shape) }, plan))
    return plan
  }
}

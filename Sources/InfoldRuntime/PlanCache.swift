import Dispatch
import InfoldSystem
import InfoldTensor
import Synchronization

/// The plans of a session by the types and shapes of its inputs; of too many, the one that was not used for longest is forgotten.
struct PlanCache {
  /// An input, or its default. The model may leave open even the element type.
  struct Input: Hashable {
    let elementType: ElementType
    let shape: [Int]

    init(_ tensor: Tensor) {
      (elementType, shape) = (tensor.elementType, tensor.shape)
    }

    /// One of this type; `nil` where sizes are not known.
    init?(_ type: TensorType) {
      guard let sizes = type.shape?.sizes else { return nil }
      (elementType, shape) = (type.elementType, sizes)
    }

    private init(elementType: ElementType, shape: [Int]) {
      (self.elementType, self.shape) = (elementType, shape)
    }

    /// The same with another first size.
    func of(batch: Int) -> Input { Input(elementType: elementType, shape: [batch] + shape.dropFirst()) }

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
    used(
      entries.lastIndex { entry in tensors.indices.allSatisfy { entry.inputs[$0].admits(tensors[$0]) } })
  }

  /// The plan for inputs like these, which counts as used now.
  mutating func plan(for inputs: [Input]) -> RunPlan? { used(entries.lastIndex { $0.inputs == inputs }) }

  private mutating func used(_ index: Int?) -> RunPlan? {
    guard let index else { return nil }
    // The last one stays where it is, which allocates nothing.
    if index < entries.count - 1 { entries.append(entries.remove(at: index)) }
    return entries[entries.count - 1].plan
  }

  /// Keeps a plan for inputs that there was none for.
  mutating func insert(_ plan: RunPlan, for inputs: [Input]) {
    if entries.count >= capacity { entries.removeFirst() }
    entries.append((inputs, plan))
  }
}

/// A plan cache that several runs share: of those that want the same new plan one makes it, and the others wait.
final class SharedPlanCache: Sendable {
  private struct State {
    var cache: PlanCache
    /// What waits for the plans that are being made.
    var making: [[PlanCache.Input]: DispatchSemaphore] = [:]
  }

  private let state: Mutex<State>

  init(capacity: Int) {
    state = Mutex(State(cache: PlanCache(capacity: capacity)))
  }

  /// The plan for these inputs, if it is there.
  func plan(for tensors: [Tensor]) -> RunPlan? { state.withLock { $0.cache.plan(for: tensors) } }

  /// The plans that are kept.
  var kept: [RunPlan] { state.withLock { Array($0.cache.plans) } }

  /// The plan for these inputs.
  /// - Parameters:
  ///   - cancellation: What ends the wait for another run that makes it.
  ///   - inserted: Told the plans that are kept, when one is added.
  ///   - make: Makes the plan. When it fails, the next one that waits makes it instead: its task may not be cancelled, or have more time.
  /// - Throws: What `make` throws, and the cancellation.
  func plan(
    for inputs: [PlanCache.Input], _ cancellation: Cancellation, inserted: ([RunPlan]) -> Void,
    make: () throws(InfoldError) -> RunPlan
  ) throws(InfoldError) -> RunPlan {
    while true {
      let (plan, maker) = state.withLock { state -> (RunPlan?, DispatchSemaphore?) in
        if let plan = state.cache.plan(for: inputs) { return (plan, nil) }
        if let maker = state.making[inputs] { return (nil, maker) }
        state.making[inputs] = DispatchSemaphore(value: 0)
        return (nil, nil)
      }
      if let plan { return plan }
      guard let maker else { return try made(for: inputs, inserted, make) }
      while maker.wait(timeout: .now() + Self.patience) == .timedOut {
        try cancellation.check()
        try Interruption.check()
      }
      // The others who wait.
      maker.signal()
    }
  }

  /// How long a run waits before it looks whether it is still wanted.
  private static let patience = DispatchTimeInterval.milliseconds(5)

  private func made(
    for inputs: [PlanCache.Input], _ inserted: ([RunPlan]) -> Void, _ make: () throws(InfoldError) -> RunPlan
  ) throws(InfoldError) -> RunPlan {
    let result = Result(catching: make)
    state.withLock { state in
      if case .success(let plan) = result {
        state.cache.insert(plan, for: inputs)
        inserted(Array(state.cache.plans))
      }
      state.making.removeValue(forKey: inputs)?.signal()
    }
    return try result.get()
  }
}

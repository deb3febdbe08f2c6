import Dispatch
import InfoldSystem
import InfoldTensor
import Synchronization

/// The plans of a session, keyed by the types and shapes of its inputs. A full cache evicts the
/// least recently used plan.
struct PlanCache {
  /// The type and shape of an input or of its default value. A model may leave even the element
  /// type open.
  struct Input: Hashable {
    let elementType: ElementType
    let shape: [Int]

    init(_ tensor: Tensor) {
      (elementType, shape) = (tensor.elementType, tensor.shape)
    }

    /// Creates the key of an input of this type; `nil` if it has dynamic dimensions.
    init?(_ type: TensorType) {
      guard let sizes = type.shape?.sizes else { return nil }
      (elementType, shape) = (type.elementType, sizes)
    }

    private init(elementType: ElementType, shape: [Int]) {
      (self.elementType, self.shape) = (elementType, shape)
    }

    /// The same input with another batch size.
    func of(batch: Int) -> Input { Input(elementType: elementType, shape: [batch] + shape.dropFirst()) }

    func admits(_ tensor: Tensor) -> Bool { tensor.elementType == elementType && tensor.shape == shape }
  }

  /// The maximum number of plans.
  let capacity: Int
  /// From least to most recently used.
  private var entries: [(inputs: [Input], plan: RunPlan)] = []

  init(capacity: Int) {
    self.capacity = capacity
  }

  /// The cached plans.
  var plans: some Sequence<RunPlan> { entries.lazy.map(\.plan) }

  /// Returns the plan for these inputs and marks it as most recently used.
  mutating func plan(for tensors: [Tensor]) -> RunPlan? {
    used(
      entries.lastIndex { entry in tensors.indices.allSatisfy { entry.inputs[$0].admits(tensors[$0]) } })
  }

  /// Returns the plan for inputs of these types and shapes and marks it as most recently used.
  mutating func plan(for inputs: [Input]) -> RunPlan? { used(entries.lastIndex { $0.inputs == inputs }) }

  private mutating func used(_ index: Int?) -> RunPlan? {
    guard let index else { return nil }
    // The last entry stays in place, which allocates nothing.
    if index < entries.count - 1 { entries.append(entries.remove(at: index)) }
    return entries[entries.count - 1].plan
  }

  /// Adds a plan for inputs that have none yet.
  mutating func insert(_ plan: RunPlan, for inputs: [Input]) {
    if entries.count >= capacity { entries.removeFirst() }
    entries.append((inputs, plan))
  }
}

/// A plan cache that concurrent runs share. If several runs need the same new plan, one makes it
/// and the others wait.
final class SharedPlanCache: Sendable {
  private struct State {
    var cache: PlanCache
    /// The semaphores of the plans in progress, on which other runs wait.
    var making: [[PlanCache.Input]: DispatchSemaphore] = [:]
  }

  private let state: Mutex<State>

  init(capacity: Int) {
    state = Mutex(State(cache: PlanCache(capacity: capacity)))
  }

  /// Returns the cached plan for these inputs, if there is one.
  func plan(for tensors: [Tensor]) -> RunPlan? { state.withLock { $0.cache.plan(for: tensors) } }

  /// The cached plans.
  var kept: [RunPlan] { state.withLock { Array($0.cache.plans) } }

  /// Returns the plan for these inputs, making it if necessary.
  ///
  /// - Parameters:
  ///   - cancellation: Ends the wait for another run that makes the plan.
  ///   - inserted: Called with all cached plans after one was added.
  ///   - make: Makes the plan. If it fails, the next waiting run tries instead: its task may not be
  ///     cancelled, or it may have more time.
  /// - Throws: The error of `make`, or `InfoldError.Code.cancelled` or
  ///   `InfoldError.Code.limitExceeded` if `cancellation` ends the wait.
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
      // Wake the next waiting run.
      maker.signal()
    }
  }

  /// The interval at which a waiting run checks for cancellation.
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

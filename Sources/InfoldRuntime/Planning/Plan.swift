import InfoldGraph
import InfoldSystem
import InfoldTensor
import Synchronization

/// A sequence of steps over memory with a fixed layout. Sessions of one model share it.
final class Plan: Sendable {
  /// The steps, in order.
  let steps: [PlannedStep]
  /// The names of the nodes that need no step.
  let idleNodes: [String]
  /// The layout of the memory that the steps use.
  let memory: PlanMemory
  /// The tensors that runs hold.
  let tensors: PlanTensors
  /// The number of threads that share a step.
  let sharers: Int
  /// The size of the largest non-constant value in bytes, whether it is in the arena or not.
  private let largestByteCount: Int
  /// Run states that are not in use.
  private let idleStates = Mutex<[RunState]>([])

  /// Lowers `graph`.
  ///
  /// - Parameters:
  ///   - factory: The session for which the plan is made.
  ///   - tuningResults: Tuning results; `nil` without tuning.
  ///   - largestByteCount: The size of the graph's largest non-constant value, in bytes.
  /// - Throws: `InfoldError.Code.unsupported` if `graph` has opaque nodes;
  ///   `InfoldError.Code.limitExceeded` if the plan exceeds the memory limit.
  init(
    _ graph: consuming Graph, for factory: PlanFactory, tuningResults: TuningResults?, largestByteCount: Int
  ) throws(InfoldError) {
    defer { factory.packed.releaseUnusedMemory() }
    var builder = try PlanBuilder(consume graph, factory, tuningResults: tuningResults)
    try builder.build(usesKernels: factory.optimizes)
    steps = builder.steps
    idleNodes = builder.idleNodes
    sharers = factory.sharers
    memory = PlanMemory(builder.buffers, for: steps)
    tensors = PlanTensors(builder)
    self.largestByteCount = largestByteCount
  }

  /// Returns the working memory of a run with this number of threads in bytes, including that of
  /// planned bodies.
  func workingByteCount(workers: Int) -> Int {
    let bodies = steps.lazy.compactMap { $0.step as? BodyStep }.map { $0.workingByteCount(workers: workers) }
    return memory.arenaByteCount(workers: workers) + (bodies.max() ?? 0)
  }

  /// Checks that the memory limit of a session allows a run now.
  ///
  /// - Throws: `InfoldError.Code.limitExceeded` if it does not.
  func requireRoom(in factory: PlanFactory) throws(InfoldError) {
    try factory.budget.require(max(workingByteCount(workers: factory.workers), largestByteCount))
  }

  /// Whether all steps work on planned memory alone.
  var hasKernelsOnly: Bool {
    steps.allSatisfy { $0.step.tensors.reads.isEmpty && $0.step.tensors.writes.isEmpty }
  }

  /// Takes a state for one run. Give it back with `release`.
  func takeState() -> RunState {
    idleStates.withLock { $0.popLast() } ?? makeState()
  }

  /// Creates a state.
  func makeState() -> RunState {
    let state = RunState(
      bufferCount: memory.buffers.count, valueCount: tensors.valueCount, scratchStride: memory.scratchStride)
    memory.placeConstants(in: state)
    state.release(keeping: tensors.constants)
    return state
  }

  /// Keeps a state for the next run.
  func release(_ state: RunState) {
    state.release(keeping: tensors.constants)
    idleStates.withLock { $0.append(state) }
  }
}

import InfoldGraph
import InfoldSystem
import InfoldTensor
import Synchronization

/// Steps in their order, over memory that is laid out ahead. Sessions of one model share it.
final class Plan: Sendable {
  /// What runs.
  let steps: [PlannedStep]
  /// The names of the nodes whose results are there without a step.
  let idleNodes: [String]
  /// Where the memory lies that the steps point into.
  let memory: PlanMemory
  /// The tensors that runs hold.
  let tensors: PlanTensors
  /// The threads that share a step.
  let sharers: Int
  /// The bytes of the largest value that is no constant, whether it lies in the arena or not.
  private let largestByteCount: Int
  /// Those that no run uses.
  private let frames = Mutex<[RunState]>([])

  /// Lowers `graph`.
  /// - Parameters:
  ///   - factory: The session that plans.
  ///   - answers: What was measured; `nil` without tuning.
  ///   - largestByteCount: The bytes of the graph's largest value that is no constant.
  /// - Throws: `InfoldError` with `.unsupported` when `graph` has opaque nodes; `.limitExceeded`.
  init(
    _ graph: consuming Graph, for factory: PlanFactory, answers: Answers?, largestByteCount: Int
  ) throws(InfoldError) {
    defer { factory.packed.releaseUnusedMemory() }
    var builder = try PlanBuilder(consume graph, factory, answers: answers)
    try builder.build(usesKernels: factory.optimizes)
    steps = builder.steps
    idleNodes = builder.idleNodes
    sharers = factory.sharers
    memory = PlanMemory(builder.buffers, for: steps)
    tensors = PlanTensors(builder)
    self.largestByteCount = largestByteCount
  }

  /// The bytes of working memory that a run by so many threads needs, with that of the bodies which are planned.
  func workingByteCount(workers: Int) -> Int {
    let bodies = steps.lazy.compactMap { $0.step as? BodyStep }.map { $0.workingByteCount(workers: workers) }
    return memory.arenaByteCount(workers: workers) + (bodies.max() ?? 0)
  }

  /// Checks that a session could run it now.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  func requireRoom(in factory: PlanFactory) throws(InfoldError) {
    try factory.budget.require(max(workingByteCount(workers: factory.workers), largestByteCount))
  }

  /// Whether steps work on planned memory alone.
  var hasKernelsOnly: Bool {
    steps.allSatisfy { $0.step.tensors.reads.isEmpty && $0.step.tensors.writes.isEmpty }
  }

  /// A state for one run, until `release`.
  func takeFrame() -> RunState {
    frames.withLock { $0.popLast() } ?? makeFrame()
  }

  /// A new state.
  func makeFrame() -> RunState {
    let state = RunState(
      bufferCount: memory.buffers.count, valueCount: tensors.valueCount, scratchStride: memory.scratchStride)
    memory.placeConstants(in: state)
    state.release(keeping: tensors.constants)
    return state
  }

  /// Keeps a state for the next run.
  func release(_ state: RunState) {
    state.release(keeping: tensors.constants)
    frames.withLock { $0.append(state) }
  }
}

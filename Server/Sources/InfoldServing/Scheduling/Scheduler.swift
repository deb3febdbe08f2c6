import Infold
import Synchronization

/// Decides when requests run, which of them run together, and on how many threads.
///
/// Each model has a queue of requests. While a processor is free, the model that has used the least
/// processor time is next. It runs as many of its requests as can be batched, but leaves work for
/// the other free processors. A run that is alone uses all compute threads. Otherwise each run uses
/// one thread, which gives the highest throughput. A run that is expected to be shorter than the
/// handover to another thread is executed by the requesting thread.
///
/// A request that has not begun can be cancelled, and does not begin after its deadline.
public final class Scheduler: Sendable {
  typealias Outcome = Result<[String: Tensor], ServingError>

  /// A request that waits or runs.
  struct Entry {
    let id: UInt64
    let inputs: [String: Tensor]
    /// The number of images of each input, or `nil` if the request cannot be batched.
    let images: Int?
    let begin: ContinuousClock.Instant
    let deadline: ContinuousClock.Instant?
    let continuation: CheckedContinuation<Outcome, Never>
  }

  /// The requests of a model.
  struct Queue {
    let model: ServedModel
    var entries: [Entry] = []
    /// The processor time that the model has used, in nanoseconds.
    var time: Int64 = 0
    var running = 0

    /// Adds a request, unless the queue is full.
    /// - Parameter time: The processor time of the model that was started last.
    /// - Returns: Whether the request was added.
    mutating func add(_ entry: Entry, at time: Int64) -> Bool {
      guard entries.count < model.settings.queueSize else { return false }
      // A model does not save up processor time while it is idle.
      if entries.isEmpty, running == 0 { self.time = max(self.time, time) }
      entries.append(entry)
      model.metrics.waiting(entries.count)
      return true
    }
  }

  struct State {
    var queues: [ObjectIdentifier: Queue] = [:]
    var free: Int
    var nextID: UInt64 = 0
    var isDraining = false
    /// Runs of single requests, by request ID. Only these can be cancelled while they run.
    var runs: [UInt64: CancellableRun] = [:]
    /// The time of the next scheduled look at the queues.
    var nextLook: ContinuousClock.Instant?
    /// The processor time of the model that was started last.
    var time: Int64 = 0
  }

  /// The number of compute threads.
  public let threads: Int
  /// The threads on which runs begin. Runs with several threads get the others from their session.
  private let computing: ComputeThreads
  private let state: Mutex<State>

  /// Creates a scheduler.
  /// - Parameter threads: The number of compute threads.
  public init(threads: Int) {
    precondition(threads >= 1)
    self.threads = threads
    computing = ComputeThreads(count: threads)
    state = Mutex(State(free: threads))
  }

  /// Whether the server is shutting down.
  public var isDraining: Bool { state.withLock { $0.isDraining } }

  /// Marks the server as shutting down. Pending requests are answered.
  func beginDraining() { state.withLock { $0.isDraining = true } }

  /// The number of waiting requests.
  public var waitingCount: Int { state.withLock { $0.queues.values.reduce(0) { $0 + $1.entries.count } } }

  /// Runs a model.
  /// - Parameter inputs: The input tensors, checked against the model.
  /// - Throws: `ServingError`: `.unavailable` if the queue is full; `.deadlineExceeded`;
  ///   `.cancelled` if the task is cancelled; errors of the run.
  func run(
    _ inputs: [String: Tensor], by model: ServedModel, deadline: ContinuousClock.Instant?,
    _ cancellation: RequestCancellation? = nil
  ) async throws(ServingError) -> [String: Tensor] {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    let handler = Mutex<Int?>(nil)
    let outcome: Outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        enter(
          Entry(
            id: id, inputs: inputs, images: model.images(in: inputs), begin: .now, deadline: deadline,
            continuation: continuation), model, cancellation)
        handler.withLock { $0 = cancellation?.add { self.cancel(id, of: model) } }
      }
    } onCancel: {
      cancel(id, of: model)
    }
    if let handler = handler.withLock({ $0 }) { cancellation?.remove(handler) }
    return try outcome.get()
  }

  private func enter(_ entry: Entry, _ model: ServedModel, _ cancellation: RequestCancellation?) {
    if Task.isCancelled || cancellation?.isCancelled == true {
      return entry.continuation.resume(returning: .failure(.requestCancelled))
    }
    let isAdded = state.withLock { state in
      let time = state.time
      return state.queues[ObjectIdentifier(model), default: Queue(model: model, time: time)].add(entry, at: time)
    }
    guard isAdded else {
      return entry.continuation.resume(
        returning: .failure(
          ServingError(
            .unavailable,
            "the queue of model '\(model.name)' is full: \(model.settings.queueSize) requests are waiting",
            retryAfter: 1)))
    }
    dispatch(asking: entry.id)
  }

  private func cancel(_ id: UInt64, of model: ServedModel) {
    let (waiting, run) = state.withLock { state -> (Entry?, CancellableRun?) in
      let key = ObjectIdentifier(model)
      guard let index = state.queues[key]?.entries.firstIndex(where: { $0.id == id }) else {
        return (nil, state.runs[id])
      }
      return (state.queues[key]!.entries.remove(at: index), nil)
    }
    waiting?.continuation.resume(returning: .failure(.requestCancelled))
    run?.cancel()
  }
}

extension Scheduler {
  /// Requests that run together.
  private struct Job {
    let model: ServedModel
    let entries: [Entry]
    /// The number of threads of the run.
    let threads: Int
    let charged: Int64
    /// Cancels the run, if it serves a single request.
    let run: CancellableRun?

    /// The approximate time for handing work to another thread and getting the result, in
    /// nanoseconds.
    static let change: Int64 = 100_000

    /// Whether the job is expected to take less time than the handover to another thread.
    var isShort: Bool { entries.count == 1 && charged <= Self.change }
  }

  /// Starts all jobs that can be started.
  /// - Parameter id: The request of the current task, if it is the caller.
  private func dispatch(asking id: UInt64? = nil) {
    while true {
      let (job, late) = state.withLock { state in next(&state) }
      for entry in late {
        entry.continuation.resume(
          returning: .failure(ServingError(.deadlineExceeded, "the request did not begin before its deadline")))
      }
      guard let job else { return }
      if job.isShort, job.entries[0].id == id {
        finish(job, perform(job))
      } else {
        begin(job)
      }
    }
  }

  /// The next job, and requests whose deadlines have passed.
  private func next(_ state: inout State) -> (Job?, late: [Entry]) {
    let now = ContinuousClock.now
    var late: [Entry] = []
    var look: ContinuousClock.Instant?
    for key in state.queues.keys where state.queues[key]!.entries.contains(where: { $0.deadline != nil }) {
      late += state.queues[key]!.entries.filter { $0.deadline.map { $0 <= now } ?? false }
      state.queues[key]!.entries.removeAll { $0.deadline.map { $0 <= now } ?? false }
      look = [look, state.queues[key]!.entries.compactMap(\.deadline).min()].compactMap { $0 }.min()
    }
    var chosen: ObjectIdentifier?
    if state.free > 0 {
      for (key, queue) in state.queues {
        guard let first = queue.entries.first else { continue }
        let ready = queue.readyTime(first)
        if ready > now {
          look = look.map { min($0, ready) } ?? ready
        } else if chosen.map({ queue.time < state.queues[$0]!.time }) ?? true {
          chosen = key
        }
      }
    }
    if let look { plan(look, &state) }
    guard let chosen else { return (nil, late) }
    return (take(chosen, &state), late)
  }

  /// Removes requests of a model from its queue.
  private func take(_ key: ObjectIdentifier, _ state: inout State) -> Job {
    var queue = state.queues[key]!
    let waiting = state.queues.values.reduce(0) { $0 + $1.entries.count }
    let isAlone = state.free == threads && waiting == queue.entries.count
    let first = queue.entries.removeFirst()
    var entries = [first]
    if var images = first.images {
      // Adds following requests that fit. Other free processors get their share.
      let total = queue.entries.reduce(images) { $0 + ($1.images ?? 1) }
      let share = isAlone ? total : (total + state.free - 1) / state.free
      let largest = min(queue.model.settings.largestBatch, max(share, images))
      var index = 0
      while index < queue.entries.count, images < largest {
        let other = queue.entries[index]
        guard let more = other.images, images + more <= largest, first.canBatch(with: other) else {
          index += 1
          continue
        }
        entries.append(queue.entries.remove(at: index))
        images += more
      }
      let hasAll = state.free == threads && (images >= threads || waiting == entries.count)
      return begin(&state, &queue, key, entries, images, threads: hasAll ? threads : 1)
    }
    return begin(&state, &queue, key, entries, 1, threads: state.free == threads && waiting == 1 ? threads : 1)
  }

  private func begin(
    _ state: inout State, _ queue: inout Queue, _ key: ObjectIdentifier, _ entries: [Entry], _ images: Int, threads: Int
  ) -> Job {
    let charged = queue.model.expectedTime.load(ordering: .relaxed) * Int64(images)
    // Short jobs gain nothing from threads that must be woken.
    let threads = charged <= Job.change ? 1 : threads
    queue.time += charged
    queue.running += 1
    state.time = max(state.time, queue.time - charged)
    state.free -= threads
    queue.model.metrics.waiting(queue.entries.count)
    state.queues[key] = queue
    let run = entries.count == 1 ? CancellableRun() : nil
    if let run { state.runs[entries[0].id] = run }
    return Job(model: queue.model, entries: entries, threads: threads, charged: charged, run: run)
  }

  /// Executes a job on a compute thread.
  private func begin(_ job: Job) {
    let task = Task.detached(executorPreference: computing) {
      self.finish(job, self.perform(job))
      self.dispatch()
    }
    job.run?.begin(task)
  }

  /// Executes a job on this thread.
  private func perform(_ job: Job) -> [Outcome] {
    let begin = ContinuousClock.now
    for entry in job.entries { job.model.metrics.didBegin(waited: begin - entry.begin) }
    let session = job.threads == 1 ? job.model.narrow : job.model.wide
    let outcomes = session.outcomes(of: job.entries)
    let time = ContinuousClock.now - begin
    let images = job.entries.reduce(0) { $0 + ($1.images ?? 1) }
    job.model.metrics.didRun(images: images, in: time)
    let cost = time.nanoseconds * Int64(job.threads)
    job.model.didTake(cost, images: images)
    state.withLock { state in
      let key = ObjectIdentifier(job.model)
      state.free += job.threads
      if var queue = state.queues[key] {
        queue.time += cost - job.charged
        queue.running -= 1
        // The queue must not keep an unloaded model alive.
        state.queues[key] = queue.entries.isEmpty && queue.running == 0 ? nil : queue
      }
      if job.entries.count == 1 { state.runs[job.entries[0].id] = nil }
    }
    return outcomes
  }

  /// Resumes the waiting requests.
  private func finish(_ job: Job, _ outcomes: [Outcome]) {
    for (entry, outcome) in zip(job.entries, outcomes) { entry.continuation.resume(returning: outcome) }
  }

  /// Schedules a look at the queues at a time, unless one is scheduled earlier.
  private func plan(_ time: ContinuousClock.Instant, _ state: inout State) {
    if let next = state.nextLook, next <= time { return }
    state.nextLook = time
    Task.detached {
      try? await Task.sleep(until: time, clock: .continuous)
      self.state.withLock { state in
        if state.nextLook == time { state.nextLook = nil }
      }
      self.dispatch()
    }
  }
}

extension Scheduler.Queue {
  /// The time at which the first request should begin: immediately, unless others may still fill
  /// its batch.
  fileprivate func readyTime(_ first: Scheduler.Entry) -> ContinuousClock.Instant {
    guard let images = first.images, model.settings.longestDelay > 0 else { return first.begin }
    let together = entries.dropFirst().reduce(images) { $0 + ($1.images ?? 0) }
    guard together < model.settings.largestBatch else { return first.begin }
    return first.begin + .seconds(model.settings.longestDelay)
  }
}

extension Scheduler.Entry {
  /// Whether both requests have the same inputs with the same sizes, except for the number of
  /// images.
  fileprivate func canBatch(with other: Scheduler.Entry) -> Bool {
    inputs.count == other.inputs.count
      && inputs.allSatisfy { name, tensor in
        guard let tensors = other.inputs[name] else { return false }
        return tensors.elementType == tensor.elementType && tensors.shape.dropFirst() == tensor.shape.dropFirst()
      }
  }
}

extension ServingError {
  static var requestCancelled: ServingError { ServingError(.cancelled, "the request was cancelled") }
}

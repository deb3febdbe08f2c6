import InfoldGraph
import InfoldKernelInterface
import InfoldSystem
import InfoldTensor
import Synchronization

/// What a session does in one run: steps in their order, over memory that is laid out ahead.
final class Plan: Sendable {
  /// What runs.
  let steps: [PlannedStep]
  /// The bytes of working memory that a run needs.
  let arenaByteCount: Int
  /// The bytes of the largest value that is no constant, whether it lies in the arena or not.
  private let largestByteCount: Int

  /// The names of the nodes whose results are there without a step.
  let idleNodes: [String]
  /// The bytes of working memory without that of each thread.
  let sharedByteCount: Int
  /// The memory that steps point into.
  let storages: [Storage]
  /// The offset of each storage in the arena, in bytes; 0 for those that lie elsewhere.
  let offsets: [Int]
  /// The names of the values that are tensors, as far as steps use them, by the values' indices.
  let tensorNames: [Int: String]
  /// The names of the outputs.
  let outputNames: [String]
  private let scratchOffset: Int
  private let scratchStride: Int
  /// The storages that lie in a tensor which a step makes, by the step.
  private let bindings: [[(storage: Int, value: Int)]]
  /// The tensors that nobody reads behind a step.
  private let ending: [[Int]]
  /// The indices of the values that are inputs.
  let graphInputs: [Int]
  /// How often the steps run, each time on the next image of the inputs and outputs.
  let images: Int
  private let outputs: [Output]
  private let constants: [(value: Int, tensor: Tensor)]
  private let valueCount: Int
  private let workers: Int
  private let arithmetic: Arithmetic
  private let arenas: ArenaPool
  private let frames = Mutex<[Frame]>([])
  private let layerObserver: (any SessionObserver)?
  /// What `layerObserver` is told of, by step.
  private let layers: [Layer]

  /// An output of the graph.
  private enum Output {
    /// A tensor that the steps write, with these sizes.
    case written(sizes: [Int], ElementType, storages: [Int])
    /// A tensor of the frame: an input, a constant, or made by a step.
    case tensor(Int, isMade: Bool)
    /// The same as an earlier output.
    case same(Int)
  }

  /// Lowers `graph`.
  /// - Parameters:
  ///   - images: How many of the graph's inputs a run brings, one behind the other along the first axis. More than 1 only for a graph
  ///     of kernels alone, as `canRunImageByImage` says afterwards.
  ///   - largestByteCount: The bytes of the graph's largest value that is no constant.
  ///   - workers: The number of threads that a run may use.
  ///   - arenas: Where runs take their working memory from.
  ///   - budget: What it and the tensors of runs count in.
  ///   - layerObserver: Who is told of every step that has run.
  /// - Throws: `InfoldError` with `.unsupported` when `graph` has opaque nodes; `.limitExceeded`.
  init(
    _ graph: consuming Graph, images: Int = 1, largestByteCount: Int, kernels: KernelChoice, options: SessionOptions,
    workers: Int,
    packed: PackedConstants, arenas: ArenaPool, budget: MemoryBudget, layerObserver: (any SessionObserver)? = nil
  ) throws(InfoldError) {
    var builder = try PlanBuilder(
      consume graph, kernels: kernels, precision: options.precision, workers: workers, packed: packed, budget: budget)
    try builder.build(usesKernels: options.optimize)
    let graph = builder.graph
    let (steps, storages) = (builder.steps, builder.storages)
    self.steps = steps
    idleNodes = builder.idleNodes
    self.storages = storages
    self.images = images
    self.largestByteCount = largestByteCount
    self.workers = workers
    arithmetic = Arithmetic(options.resolvedSubnormals)
    self.arenas = arenas
    self.layerObserver = layerObserver
    layers = layerObserver == nil ? [] : steps.map(Layer.init)
    valueCount = graph.values.count
    graphInputs = graph.inputs.map(\.index)
    // Those that no step reads as a tensor are let go: kernels have them packed.
    let isKept = Set((graph.inputs + graph.outputs).map(\.index))
    constants = graph.valueIDs.compactMap { id in
      guard builder.lastReads[id.index] != nil || isKept.contains(id.index) else { return nil }
      return graph[id].initializer?.tensor.map { (id.index, $0) }
    }

    let planned = storages.indices.filter { storages[$0].isPlanned }
    let layout = ArenaLayout(
      planned.map { ArenaLayout.Block(byteCount: storages[$0].byteCount, lifetime: storages[$0].lifetime!) })
    var offsets = [Int](repeating: 0, count: storages.count)
    for (index, offset) in zip(planned, layout.offsets) { offsets[index] = offset }
    self.offsets = offsets
    let scratch = steps.reduce(0) { max($0, $1.step.scratchByteCount) }
    scratchStride = (scratch + 4095) & ~4095
    sharedByteCount = layout.byteCount
    scratchOffset = (layout.byteCount + 4095) & ~4095
    arenaByteCount = scratchOffset + scratchStride * workers
    try budget.require(arenaByteCount)

    var producer: [Int: Int] = [:]
    for (index, step) in steps.enumerated() {
      for output in step.step.tensors.writes { producer[output] = index }
    }
    var bindings = [[(storage: Int, value: Int)]](repeating: [], count: steps.count)
    for (index, storage) in storages.enumerated() {
      if case .tensor(let id) = storage.source, let step = producer[id.index] {
        bindings[step].append((index, id.index))
      }
    }
    self.bindings = bindings
    let tensors = steps.flatMap { $0.step.tensors.reads + $0.step.tensors.writes } + storages.compactMap(\.tensor)
    tensorNames = Dictionary(tensors.map { ($0, graph.values[$0].name) }) { first, _ in first }
    outputNames = graph.outputs.map { graph[$0].name }
    let outputValues = Set(graph.outputs.map(\.index))
    var ending = [[Int]](repeating: [], count: steps.count)
    for value in producer.keys.sorted() where !outputValues.contains(value) {
      if let last = builder.lastReads[value] { ending[last].append(value) }
    }
    self.ending = ending

    var outputPlaces = [[Int]](repeating: [], count: graph.outputs.count)
    for index in storages.indices {
      if case .output(let output) = storages[index].source { outputPlaces[output].append(index) }
    }
    var outputs: [Output] = []
    for (index, id) in graph.outputs.enumerated() {
      let first = builder.outputIndices[id.index]!
      if first < index {
        outputs.append(.same(first))
      } else if builder.isTensor[id.index] {
        outputs.append(.tensor(id.index, isMade: producer[id.index] != nil))
      } else {
        var sizes = builder.plannedSizes(id)!
        if images > 1 { sizes[0] *= images }
        outputs.append(.written(sizes: sizes, graph[id].type!.elementType, storages: outputPlaces[index]))
      }
    }
    self.outputs = outputs
  }

  /// The same steps, over the same constants, for another session.
  /// - Parameters: As for `init(_:images:largestByteCount:kernels:options:workers:packed:arenas:budget:layerObserver:)`.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  init(
    _ other: Plan, options: SessionOptions, workers: Int, arenas: ArenaPool, budget: MemoryBudget,
    layerObserver: (any SessionObserver)?
  ) throws(InfoldError) {
    steps = other.steps.map { $0.charging(budget) }
    storages = other.storages
    offsets = other.offsets
    scratchOffset = other.scratchOffset
    scratchStride = other.scratchStride
    idleNodes = other.idleNodes
    sharedByteCount = other.sharedByteCount
    tensorNames = other.tensorNames
    outputNames = other.outputNames
    bindings = other.bindings
    ending = other.ending
    graphInputs = other.graphInputs
    images = other.images
    outputs = other.outputs
    constants = other.constants
    valueCount = other.valueCount
    self.workers = workers
    arithmetic = Arithmetic(options.resolvedSubnormals)
    self.arenas = arenas
    self.layerObserver = layerObserver
    layers = layerObserver == nil ? [] : steps.map(Layer.init)
    arenaByteCount = scratchOffset + scratchStride * workers
    largestByteCount = other.largestByteCount
    try budget.require(max(arenaByteCount, largestByteCount))
  }

  /// Runs the steps.
  /// - Parameters:
  ///   - given: The inputs in the model's order.
  ///   - results: The outputs. Tensors that are there already are written to where they fit.
  ///   - budget: What new outputs count in; `nil` for those that a caller gets.
  ///   - cancellation: What ends the run before its next step.
  ///   - spans: Receives when each step began and ended, by `MonotonicClock`.
  func run(
    _ given: [Tensor], into results: inout [Tensor], budget: MemoryBudget? = nil, cancellation: Cancellation? = nil,
    spans: UnsafeMutablePointer<Range<UInt64>>? = nil
  ) throws(InfoldError) {
    let frame = frames.withLock { $0.popLast() } ?? makeFrame()
    let arena = try arenas.take(byteCount: arenaByteCount)
    defer {
      arenas.giveBack(arena)
      frame.cancellation = nil
      frame.release(keeping: constants)
      frames.withLock { $0.append(frame) }
    }
    place(frame, in: arena)
    for (value, tensor) in zip(graphInputs, given) { frame.tensors[value] = tensor }
    frame.cancellation = cancellation
    if results.count != outputs.count { results = Array(repeating: Self.empty, count: outputs.count) }
    for index in outputs.indices {
      guard case .written(let sizes, let elementType, _) = outputs[index] else { continue }
      // One that somebody shares would be copied before it is written.
      if results[index].shape != sizes || results[index].elementType != elementType
        || !results[index].isUniquelyReferenced()
      {
        results[index] = try MemoryBudget.charging(budget) { () throws(InfoldError) in
          try Tensor(zeros: sizes, of: elementType)
        }
      }
    }
    let helpers = workers - 1
    let hasHelpers = helpers > 0 && WorkerPool.shared.acquire(helpers: helpers)
    defer { if hasHelpers { WorkerPool.shared.release() } }
    for image in 0..<images {
      try point(frame, to: image, of: &results)
      try execute(frame, workers: hasHelpers ? workers : 1, cancellation, spans, isFirst: image == 0)
    }
    for index in outputs.indices {
      switch outputs[index] {
      case .written: break
      case .tensor(let value, let isMade):
        results[index] = frame.tensors[value]!
        if isMade { results[index].leaveBudget() }
      case .same(let earlier): results[index] = results[earlier]
      }
    }
  }

  /// Whether the steps are kernels alone, and every output is written by them: then they may run on one image after the other.
  var canRunImageByImage: Bool {
    steps.allSatisfy { !($0.step is ReferenceStep) }
      && outputs.allSatisfy { if case .written = $0 { true } else { false } }
  }

  private static let empty = try! Tensor(zeros: [0], of: .float32)

  private func makeFrame() -> Frame {
    let frame = Frame(storageCount: storages.count, valueCount: valueCount, scratchStride: scratchStride)
    for (index, storage) in storages.enumerated() {
      switch storage.source {
      case .constant(let tensor): frame.bases[index] = tensor.address
      case .packed(let constant): frame.bases[index] = constant.floats
      default: break
      }
    }
    frame.release(keeping: constants)
    return frame
  }

  private func place(_ frame: Frame, in arena: AlignedMemory) {
    frame.scratch = arena.start + scratchOffset
    for index in storages.indices where storages[index].isPlanned {
      frame.bases[index] = (arena.start + offsets[index]).assumingMemoryBound(to: Float.self)
    }
  }

  /// Has the frame read and write one image of the inputs and outputs.
  private func point(_ frame: Frame, to image: Int, of results: inout [Tensor]) throws(InfoldError) {
    for (index, storage) in storages.enumerated() {
      if case .tensor(let id) = storage.source, let tensor = frame.tensors[id.index] {
        frame.bases[index] = tensor.address(ofPart: image, of: images)
      }
    }
    for index in outputs.indices {
      guard case .written(_, _, let places) = outputs[index] else { continue }
      let address = try results[index].withUnsafeMutableBytes { bytes in
        (bytes.baseAddress! + image * (bytes.count / images)).assumingMemoryBound(to: Float.self)
      }
      for place in places { frame.bases[place] = address }
    }
  }

  private func execute(
    _ frame: Frame, workers: Int, _ cancellation: Cancellation?, _ spans: UnsafeMutablePointer<Range<UInt64>>?,
    isFirst: Bool
  ) throws(InfoldError) {
    let arithmeticOfCaller = Arithmetic.current
    arithmetic.adopt()
    defer { arithmeticOfCaller.adopt() }
    for index in steps.indices {
      if let cancellation { try cancellation.check() }
      let begin = spans == nil && layerObserver == nil ? 0 : MonotonicClock.nanoseconds()
      let step = steps[index].step
      for phase in 0..<step.phases {
        let tasks = step.tasks(phase: phase, workers: workers)
        if workers == 1 || tasks == 1 {
          for task in 0..<tasks { step.run(phase: phase, task: task, of: tasks, worker: 0, in: frame) }
        } else {
          share(step, phase, tasks, workers, frame)
        }
      }
      if let spans {
        // The time of all images, from when the first one began.
        let time = MonotonicClock.nanoseconds() - begin
        spans[index] = isFirst ? begin..<(begin + time) : spans[index].lowerBound..<(spans[index].upperBound + time)
      }
      if let layerObserver {
        arithmeticOfCaller.adopt()
        layerObserver.didRun(layers[index], during: begin..<MonotonicClock.nanoseconds())
        arithmetic.adopt()
      }
      if let failure = frame.failure { throw failure }
      for (storage, value) in bindings[index] { frame.bases[storage] = frame.tensors[value]!.address }
      for value in ending[index] { frame.tensors[value] = nil }
    }
  }

  /// A phase of a step, as the threads of the pool see it.
  private struct Job {
    let step: any Step
    let phase: Int
    let tasks: Int
    let frame: Unmanaged<Frame>
  }

  private func share(_ step: any Step, _ phase: Int, _ tasks: Int, _ workers: Int, _ frame: Frame) {
    let job = Job(step: step, phase: phase, tasks: tasks, frame: .passUnretained(frame))
    withUnsafePointer(to: job) { job in
      WorkerPool.shared.run(tasks: tasks, workers: workers, arithmetic: arithmetic, context: job) {
        context, task, worker in
        let job = context.assumingMemoryBound(to: Job.self)
        job.pointee.frame._withUnsafeGuaranteedRef { frame in
          job.pointee.step.run(phase: job.pointee.phase, task: task, of: job.pointee.tasks, worker: worker, in: frame)
        }
      }
    }
  }
}

extension Storage {
  /// The index of the value in whose tensor it lies; `nil` when it lies elsewhere.
  fileprivate var tensor: Int? {
    if case .tensor(let id) = source { id.index } else { nil }
  }

  /// Whether it lies in the arena, and some step uses it.
  fileprivate var isPlanned: Bool {
    if case .arena = source { lifetime != nil } else { false }
  }
}

extension Tensor {
  /// The first element's address, which is good as long as somebody keeps the tensor. It is written only by whom alone
  /// the tensor belongs to.
  fileprivate var address: UnsafeMutablePointer<Float> { address(ofPart: 0, of: 1) }

  /// The address of the first element of one of so many equal parts.
  fileprivate func address(ofPart part: Int, of parts: Int) -> UnsafeMutablePointer<Float> {
    withUnsafeBytes { bytes in
      (UnsafeMutableRawPointer(mutating: bytes.baseAddress!) + part * (bytes.count / parts)).assumingMemoryBound(
        to: Float.self)
    }
  }
}

extension Frame {
  /// Lets go of everything but the constants.
  fileprivate func release(keeping constants: [(value: Int, tensor: Tensor)]) {
    failure = nil
    for index in tensors.indices where tensors[index] != nil { tensors[index] = nil }
    for (value, tensor) in constants { tensors[value] = tensor }
  }
}

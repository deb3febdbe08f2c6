import InfoldSystem
import InfoldTensor

/// A plan and how a run executes it: once for each image of a batch, or once for everything.
struct PlanPart: Sendable {
  let plan: Plan
  /// How often the steps run, each time on the next of `images` equal parts of the inputs and
  /// outputs.
  let images: Int
  /// The number of threads that compute one image each in parallel; 1 if all threads share the
  /// steps of one image after the other.
  let lanes: Int
  private let lanesPool = ImageLanesPool()
  /// The sizes of the outputs that steps write through buffers.
  private let outputSizes: [[Int]]
  /// The buffers in the memory of outputs, with the bytes of one image.
  private let outputBuffers: [(buffer: Int, byteCount: Int)]

  init(_ plan: Plan, images: Int = 1, lanes: Int = 1) {
    self.plan = plan
    self.images = images
    self.lanes = lanes
    var outputSizes: [[Int]] = [], outputBuffers: [(Int, Int)] = []
    for output in plan.tensors.outputs {
      guard case .written(var sizes, let elementType, let buffers) = output else {
        outputSizes.append([])
        continue
      }
      let byteCount = elementType.byteCount(of: sizes.reduce(1, *))!
      outputBuffers += buffers.map { ($0, byteCount) }
      if images > 1 { sizes[0] *= images }
      outputSizes.append(sizes)
    }
    (self.outputSizes, self.outputBuffers) = (outputSizes, outputBuffers)
  }

  /// Returns the working memory of a run with this number of threads, in bytes.
  func workingByteCount(workers: Int) -> Int {
    lanes > 1 ? arenaByteCount(workers: workers) : plan.workingByteCount(workers: workers)
  }

  private func arenaByteCount(workers: Int) -> Int {
    lanes > 1 ? lanes * plan.memory.arenaByteCount(workers: 1) : plan.memory.arenaByteCount(workers: workers)
  }

  /// Runs the steps.
  ///
  /// - Parameters:
  ///   - given: The inputs, in the graph's order.
  ///   - results: Receives the outputs. Existing tensors are reused if they fit.
  ///   - budget: The budget that new outputs count toward; `nil` for outputs that a caller
  ///     receives.
  func run(
    _ given: [Tensor], into results: inout [Tensor], budget: MemoryBudget? = nil, in context: RunContext
  ) throws(InfoldError) {
    let (tensors, factory) = (plan.tensors, context.factory)
    let state = plan.takeState()
    defer { plan.release(state) }
    let arena = try factory.arenas.take(byteCount: arenaByteCount(workers: factory.workers))
    defer { factory.arenas.release(arena) }
    try makeRoom(for: &results, budget)
    let together = lanes > 1 && context.allowsParallelImages ? images - images % lanes : 0
    if together > 0 {
      let lanes = lanesPool.take(plan, count: lanes)
      defer { lanesPool.release(lanes, of: plan) }
      for (index, state) in lanes.states.enumerated() {
        plan.memory.place(state, in: arena, part: index)
        try point(state, to: 0, of: given, &results)
      }
      try runInParallel(together, lanes, of: given, in: context)
    }
    plan.memory.place(state, in: arena)
    state.context = context
    for (value, tensor) in zip(tensors.inputs, given) { state.tensors[value] = tensor }
    var made: [Int: [Tensor]] = [:]
    for image in together..<images {
      try point(state, to: image, of: given, &results)
      try plan.execute(state, in: context)
      guard images > 1 else { break }
      for case (let index, .made(let value)) in tensors.outputs.enumerated() {
        made[index, default: []].append(state.tensors[value]!)
      }
    }
    for (index, output) in tensors.outputs.enumerated() {
      switch output {
      case .written: break
      case .made(let value):
        results[index] =
          if let parts = made[index] { try Tensor(concatenating: parts) } else { state.tensors[value]! }
        if budget == nil { results[index].leaveBudget() }
      case .held(let value):
        // The state may hold only one image of an input.
        results[index] =
          if let input = tensors.inputs.firstIndex(of: value) { given[input] } else { state.tensors[value]! }
      case .same(let earlier): results[index] = results[earlier]
      }
    }
  }

  /// Creates a tensor for each output that steps write, unless the existing one fits.
  private func makeRoom(for results: inout [Tensor], _ budget: MemoryBudget?) throws(InfoldError) {
    let outputs = plan.tensors.outputs
    if results.count != outputs.count { results = Array(repeating: Self.empty, count: outputs.count) }
    for index in outputs.indices {
      guard case .written(_, let elementType, _) = outputs[index] else { continue }
      // Writing to a shared tensor would copy it first.
      if results[index].shape != outputSizes[index] || results[index].elementType != elementType
        || !results[index].isUniquelyReferenced()
      {
        results[index] = try MemoryBudget.charging(budget) { () throws(InfoldError) in
          try Tensor(zeros: outputSizes[index], of: elementType)
        }
      }
    }
  }

  private static let empty = try! Tensor(zeros: [0], of: .float32)

  /// Sets the state's addresses to one image of the inputs and outputs.
  private func point(
    _ state: RunState, to image: Int, of given: [Tensor], _ results: inout [Tensor]
  ) throws(InfoldError) {
    let tensors = plan.tensors
    pointInputs(state, to: image, of: given)
    if images > 1 {
      for input in tensors.readInputs {
        state.tensors[tensors.inputs[input]] = try given[input].slice(image..<image + 1)
      }
    }
    for index in tensors.outputs.indices {
      guard case .written(_, _, let buffers) = tensors.outputs[index] else { continue }
      let address = try results[index].withUnsafeMutableBytes { bytes in
        (bytes.baseAddress! + image * (bytes.count / images)).assumingMemoryBound(to: Float.self)
      }
      for buffer in buffers { state.bases[buffer] = address }
    }
  }

  /// Moves the addresses of a state from its current image to another one. Several threads may do
  /// so concurrently.
  func advance(_ state: RunState, to image: Int, of given: [Tensor]) {
    for (buffer, byteCount) in outputBuffers {
      let place = UnsafeMutableRawPointer(state.bases[buffer]) + (image - state.image) * byteCount
      state.bases[buffer] = place.assumingMemoryBound(to: Float.self)
    }
    pointInputs(state, to: image, of: given)
  }

  /// Sets the state's input addresses to one image.
  private func pointInputs(_ state: RunState, to image: Int, of given: [Tensor]) {
    state.image = image
    for (buffer, input) in plan.tensors.inputBuffers {
      state.bases[buffer] = given[input].address(ofPart: image, of: images)
    }
  }
}

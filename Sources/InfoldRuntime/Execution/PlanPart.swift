import InfoldSystem
import InfoldTensor

/// A plan as a run goes through it: for every image of a batch, or once for everything.
struct PlanPart: Sendable {
  let plan: Plan
  /// How often the steps run, each time on the next of so many equal parts of the inputs and outputs.
  let images: Int
  /// The threads that compute images side by side, each one image; 1 where all threads share the steps of one image after the other.
  let lanes: Int
  private let lanesPool = ImageLanesPool()
  /// The sizes that the outputs have which steps write.
  private let outputSizes: [[Int]]
  /// The storages that lie in outputs, with the bytes of one image.
  private let outputStorages: [(storage: Int, byteCount: Int)]

  init(_ plan: Plan, images: Int = 1, lanes: Int = 1) {
    self.plan = plan
    self.images = images
    self.lanes = lanes
    var outputSizes: [[Int]] = [], outputStorages: [(Int, Int)] = []
    for output in plan.tensors.outputs {
      guard case .written(var sizes, let elementType, let storages) = output else {
        outputSizes.append([])
        continue
      }
      let byteCount = elementType.byteCount(of: sizes.reduce(1, *))!
      outputStorages += storages.map { ($0, byteCount) }
      if images > 1 { sizes[0] *= images }
      outputSizes.append(sizes)
    }
    (self.outputSizes, self.outputStorages) = (outputSizes, outputStorages)
  }

  /// The bytes of working memory that a run by so many threads needs.
  func workingByteCount(workers: Int) -> Int {
    lanes > 1 ? arenaByteCount(workers: workers) : plan.workingByteCount(workers: workers)
  }

  private func arenaByteCount(workers: Int) -> Int {
    lanes > 1 ? lanes * plan.memory.arenaByteCount(workers: 1) : plan.memory.arenaByteCount(workers: workers)
  }

  /// Runs the steps.
  /// - Parameters:
  ///   - given: The inputs in the graph's order.
  ///   - results: The outputs. Tensors that are there already are written to where they fit.
  ///   - budget: What new outputs count in; `nil` for those that a caller gets.
  func run(
    _ given: [Tensor], into results: inout [Tensor], budget: MemoryBudget? = nil, in context: RunContext
  ) throws(InfoldError) {
    let (tensors, factory) = (plan.tensors, context.factory)
    let frame = plan.takeFrame()
    defer { plan.giveBack(frame) }
    let arena = try factory.arenas.take(byteCount: arenaByteCount(workers: factory.workers))
    defer { factory.arenas.giveBack(arena) }
    try makeRoom(for: &results, budget)
    let together = lanes > 1 && context.letsImagesRunSideBySide ? images - images % lanes : 0
    if together > 0 {
      let lanes = lanesPool.take(plan, count: lanes)
      defer { lanesPool.giveBack(lanes, of: plan) }
      for (index, frame) in lanes.frames.enumerated() {
        plan.memory.place(frame, in: arena, part: index)
        try point(frame, to: 0, of: given, &results)
      }
      try runSideBySide(together, lanes, of: given, in: context)
    }
    plan.memory.place(frame, in: arena)
    frame.context = context
    for (value, tensor) in zip(tensors.inputs, given) { frame.tensors[value] = tensor }
    var made: [Int: [Tensor]] = [:]
    for image in together..<images {
      try point(frame, to: image, of: given, &results)
      try plan.execute(frame, in: context)
      guard images > 1 else { break }
      for case (let index, .made(let value)) in tensors.outputs.enumerated() {
        made[index, default: []].append(frame.tensors[value]!)
      }
    }
    for (index, output) in tensors.outputs.enumerated() {
      switch output {
      case .written: break
      case .made(let value):
        results[index] =
          if let parts = made[index] { try Tensor(concatenating: parts) } else { frame.tensors[value]! }
        if budget == nil { results[index].leaveBudget() }
      case .held(let value):
        // Of an input, the frame may have one image.
        results[index] =
          if let input = tensors.inputs.firstIndex(of: value) { given[input] } else { frame.tensors[value]! }
      case .same(let earlier): results[index] = results[earlier]
      }
    }
  }

  /// Has a tensor for each output that steps write.
  private func makeRoom(for results: inout [Tensor], _ budget: MemoryBudget?) throws(InfoldError) {
    let outputs = plan.tensors.outputs
    if results.count != outputs.count { results = Array(repeating: Self.empty, count: outputs.count) }
    for index in outputs.indices {
      guard case .written(_, let elementType, _) = outputs[index] else { continue }
      // One that somebody shares would be copied before it is written.
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

  /// Has the frame read and write one image of the inputs and outputs.
  private func point(
    _ frame: Frame, to image: Int, of given: [Tensor], _ results: inout [Tensor]
  ) throws(InfoldError) {
    let tensors = plan.tensors
    pointInputs(frame, to: image, of: given)
    if images > 1 {
      for input in tensors.readInputs {
        frame.tensors[tensors.inputs[input]] = try given[input].slice(image..<image + 1)
      }
    }
    for index in tensors.outputs.indices {
      guard case .written(_, _, let storages) = tensors.outputs[index] else { continue }
      let address = try results[index].withUnsafeMutableBytes { bytes in
        (bytes.baseAddress! + image * (bytes.count / images)).assumingMemoryBound(to: Float.self)
      }
      for storage in storages { frame.bases[storage] = address }
    }
  }

  /// Has a frame that reads and writes one image go on to another one. Several threads may do that at a time.
  func advance(_ frame: Frame, to image: Int, of given: [Tensor]) {
    for (storage, byteCount) in outputStorages {
      let place = UnsafeMutableRawPointer(frame.bases[storage]) + (image - frame.image) * byteCount
      frame.bases[storage] = place.assumingMemoryBound(to: Float.self)
    }
    pointInputs(frame, to: image, of: given)
  }

  /// Has the frame read one image of the inputs.
  private func pointInputs(_ frame: Frame, to image: Int, of given: [Tensor]) {
    frame.image = image
    for (storage, input) in plan.tensors.inputStorages {
      frame.bases[storage] = given[input].address(ofPart: image, of: images)
    }
  }
}

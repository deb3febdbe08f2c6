import InfoldKernelInterface
import InfoldTensor

/// The memory layout of a plan: which buffers are in the arena, in tensors, or in constants.
struct PlanMemory: Sendable {
  /// The buffers that steps use.
  let buffers: [Buffer]
  /// The offset of each buffer in the arena, in bytes; 0 for buffers outside it.
  let offsets: [Int]
  /// The size of the arena that all threads share, in bytes.
  let sharedByteCount: Int
  /// The scratch memory that each thread needs, in bytes.
  let threadByteCount: Int

  private static let page = 4096

  /// Lays out the arena.
  init(_ buffers: [Buffer], for steps: [PlannedStep]) {
    self.buffers = buffers
    let planned = buffers.indices.filter { buffers[$0].isPlanned }
    let layout = ArenaLayout(
      planned.map { ArenaLayout.Block(byteCount: buffers[$0].byteCount, lifetime: buffers[$0].lifetime!) })
    var offsets = [Int](repeating: 0, count: buffers.count)
    for (index, offset) in zip(planned, layout.offsets) { offsets[index] = offset }
    self.offsets = offsets
    sharedByteCount = layout.byteCount
    threadByteCount = steps.reduce(0) { max($0, $1.step.scratchByteCount) }
  }

  private static func wholePages(_ byteCount: Int) -> Int { (byteCount + page - 1) & ~(page - 1) }

  /// The distance between the scratch memory of consecutive threads, in bytes.
  var scratchStride: Int { Self.wholePages(threadByteCount) }

  /// Returns the size of the arena for this number of threads, in bytes.
  func arenaByteCount(workers: Int) -> Int { Self.wholePages(sharedByteCount) + scratchStride * workers }

  /// Sets the addresses in a new state that are the same in every run.
  func placeConstants(in state: RunState) {
    for (index, buffer) in buffers.enumerated() {
      switch buffer.source {
      case .constant(let tensor): state.bases[index] = tensor.address
      case .packed(let constant): state.bases[index] = constant.floats
      default: break
      }
    }
  }

  /// Sets the addresses in a state that are in an arena, or in one thread's part of an arena.
  func place(_ state: RunState, in arena: AlignedMemory, part: Int = 0) {
    let start = arena.start + part * arenaByteCount(workers: 1)
    state.scratch = start + Self.wholePages(sharedByteCount)
    for index in buffers.indices where buffers[index].isPlanned {
      state.bases[index] = (start + offsets[index]).assumingMemoryBound(to: Float.self)
    }
  }
}

extension Buffer {
  /// The index of the value whose tensor contains the buffer; `nil` if the buffer is elsewhere.
  var tensor: Int? {
    if case .tensor(let id) = source { id.index } else { nil }
  }

  /// Whether the buffer is in the arena and used by a step.
  fileprivate var isPlanned: Bool {
    if case .arena = source { lifetime != nil } else { false }
  }
}

extension Tensor {
  /// The address of the first element. It is valid as long as the tensor is retained. Only the sole
  /// owner of the tensor may write to it.
  var address: UnsafeMutablePointer<Float> { address(ofPart: 0, of: 1) }

  /// Returns the address of the first element of one of `parts` equal parts.
  func address(ofPart part: Int, of parts: Int) -> UnsafeMutablePointer<Float> {
    withUnsafeBytes { bytes in
      (UnsafeMutableRawPointer(mutating: bytes.baseAddress!) + part * (bytes.count / parts)).assumingMemoryBound(
        to: Float.self)
    }
  }
}

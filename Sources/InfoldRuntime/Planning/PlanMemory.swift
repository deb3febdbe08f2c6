import InfoldKernelInterface
import InfoldTensor

/// Where the memory lies that the steps of a plan point into: in the arena, in tensors, in constants.
struct PlanMemory: Sendable {
  /// The memory that steps point into.
  let buffers: [Buffer]
  /// The offset of each buffer in the arena, in bytes; 0 for those that lie elsewhere.
  let offsets: [Int]
  /// The bytes of the arena that all threads share.
  let sharedByteCount: Int
  /// The bytes of scratch memory that each thread needs.
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

  /// The bytes from one thread's scratch memory to the next one's.
  var scratchStride: Int { Self.wholePages(threadByteCount) }

  /// The bytes of the arena for so many threads.
  func arenaByteCount(workers: Int) -> Int { Self.wholePages(sharedByteCount) + scratchStride * workers }

  /// Points a new state to what lies at the same place in every run.
  func placeConstants(in state: RunState) {
    for (index, buffer) in buffers.enumerated() {
      switch buffer.source {
      case .constant(let tensor): state.bases[index] = tensor.address
      case .packed(let constant): state.bases[index] = constant.floats
      default: break
      }
    }
  }

  /// Points a state to an arena, or to one of the parts of an arena that single threads use.
  func place(_ state: RunState, in arena: AlignedMemory, part: Int = 0) {
    let start = arena.start + part * arenaByteCount(workers: 1)
    state.scratch = start + Self.wholePages(sharedByteCount)
    for index in buffers.indices where buffers[index].isPlanned {
      state.bases[index] = (start + offsets[index]).assumingMemoryBound(to: Float.self)
    }
  }
}

extension Buffer {
  /// The index of the value in whose tensor it lies; `nil` when it lies elsewhere.
  var tensor: Int? {
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
  var address: UnsafeMutablePointer<Float> { address(ofPart: 0, of: 1) }

  /// The address of the first element of one of so many equal parts.
  func address(ofPart part: Int, of parts: Int) -> UnsafeMutablePointer<Float> {
    withUnsafeBytes { bytes in
      (UnsafeMutableRawPointer(mutating: bytes.baseAddress!) + part * (bytes.count / parts)).assumingMemoryBound(
        to: Float.self)
    }
  }
}

import InfoldRuntime

/// The report of `inspect --plan --json`: the steps of a run, and the memory that they read and
/// write.
struct PlanReport: Encodable {
  let inputs: [ValueReport]
  let parts: [Part]

  /// A sequence of steps, run for each image of a split batch.
  struct Part: Encodable {
    let images: Int
    let sharedBytes: Int
    let threadBytes: Int
    let steps: [Step]
    /// The nodes whose results need no step.
    let idleNodes: [String]
  }

  /// A step.
  struct Step: Encodable {
    let nodes: [String]
    let operation: String
    let algorithm: String
    /// The algorithms chosen by measurement; omitted if there are none.
    let measuredChoices: [String]?
    let shape: [Int]
    let fused: [String]
    let reads: [Operand]
    let writes: [Operand]
    let threadBytes: Int
    let multiplyAccumulates: Int
  }

  /// An operand that a step reads or writes.
  struct Operand: Encodable {
    /// The kind of memory: `arena`, `input`, `output`, `tensor`, `constant` or `packed constant`.
    let place: String
    /// The name of an input, an output or another tensor.
    var name: String?
    /// The offset in the arena, in bytes.
    var offset: Int?
    /// The number of bytes of the operand in the arena.
    var bytes: Int?
    let firstElement: Int
    /// `float32`, `bytes`, or others such as `8-byte elements`; omitted for constants and whole
    /// tensors.
    let elements: String?
    /// `row-major` or `channels last`.
    let layout: String
    /// With the channels last: the number of elements from one position to the next.
    var pixelStride: Int?
  }

  init(_ plan: PlanDescription) {
    inputs = plan.inputs.map(ValueReport.init)
    parts = plan.parts.map { part in
      Part(
        images: part.images, sharedBytes: part.sharedByteCount, threadBytes: part.threadByteCount,
        steps: part.steps.map(Step.init), idleNodes: part.idleNodes)
    }
  }
}

extension PlanReport.Step {
  fileprivate init(_ step: PlanDescription.Step) {
    nodes = step.nodes
    operation = step.operation
    algorithm = step.algorithm
    measuredChoices = step.measuredChoices.isEmpty ? nil : step.measuredChoices
    shape = step.shape
    fused = step.fused
    reads = step.reads.map(PlanReport.Operand.init)
    writes = step.writes.map(PlanReport.Operand.init)
    threadBytes = step.threadByteCount
    multiplyAccumulates = step.multiplyAccumulates
  }
}

extension PlanReport.Operand {
  fileprivate init(_ operand: PlanDescription.Operand) {
    firstElement = operand.firstElement
    elements = operand.elements?.description
    switch operand.layout {
    case .rowMajor:
      layout = "row-major"
    case .channelsLast(let stride):
      layout = "channels last"
      pixelStride = stride
    }
    switch operand.place {
    case .arena(let offset, let byteCount):
      place = "arena"
      (self.offset, bytes) = (offset, byteCount)
    case .input(let name): (place, self.name) = ("input", name)
    case .output(let name): (place, self.name) = ("output", name)
    case .tensor(let name): (place, self.name) = ("tensor", name)
    case .constant: place = "constant"
    case .packedConstant: place = "packed constant"
    }
  }
}

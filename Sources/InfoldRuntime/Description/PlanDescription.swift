/// A step-by-step description of a run with inputs of certain shapes, for printing and comparing.
///
/// Create one with `Session.planDescription(for:)`. It depends on the model, the shapes, the
/// options of the session, and the kernels of the machine.
public struct PlanDescription: Sendable, Hashable {
  /// The algorithm of steps without kernels.
  package static let referenceAlgorithm = "reference"
  /// The algorithm of steps that plan their nodes at run time, because sizes depend on data.
  package static let inRunAlgorithm = "planned in the run"

  /// The inputs, with the shapes that the plan is for.
  public let inputs: [ValueInfo]
  /// The parts of a run, in order. Most plans have one. If a batch is split, the first part runs
  /// once for each image.
  public let parts: [Part]

  /// A sequence of steps.
  public struct Part: Sendable, Hashable {
    /// How often the steps run, each time on the next image of the batch.
    public let images: Int
    /// The steps, in order.
    public let steps: [Step]
    /// The names of the nodes that need no step. The result of a Reshape shares the memory of its
    /// input, for example, and the operands of a Concat may be written directly into its result.
    public let idleNodes: [String]
    /// The working memory that all threads share, in bytes.
    public let sharedByteCount: Int
    /// The working memory of each thread, in bytes.
    public let threadByteCount: Int
  }

  /// A unit of work: a node of the graph, or several fused nodes.
  public struct Step: Sendable, Hashable {
    /// The names of the nodes that the step computes. A node without a name is listed by its first
    /// output. The list is empty for a step that only copies a result to an output.
    public let nodes: [String]
    /// The operators that the step computes, such as `Conv+Relu`.
    public let operation: String
    /// How the step computes them, such as `Winograd 4×4`; `reference` for operators without
    /// kernels.
    public let algorithm: String
    /// The choices that tuning made for the step, such as `bands 7 rows`; empty without
    /// `SessionOptions.tuning`.
    public let measuredChoices: [String]
    /// The shape of the output, if it is known.
    public let shape: [Int]
    /// The fused operations, in order, which run while results are in registers: `residual` for the
    /// addition of another value, an activation such as `clip(0.0, 6.0)`, and `placed in` with the
    /// name of the concatenation that contains the result.
    public let fused: [String]
    /// The operands that the step reads.
    public let reads: [Operand]
    /// The operands that the step writes.
    public let writes: [Operand]
    /// The scratch memory of the step for each thread, in bytes.
    public let threadByteCount: Int
    /// The number of multiply-accumulates in the standard's definition of the operators; 0 for
    /// operators that do not multiply and accumulate.
    public let multiplyAccumulates: Int
    /// The parts that run in the bodies of an If or a Loop, if they are known before the run.
    public let bodies: [Part]
  }

  /// The location of a value that a step reads or writes.
  public struct Operand: Sendable, Hashable {
    /// The memory.
    public let place: Place
    /// The index of the first element in that memory, counted in elements.
    public let firstElement: Int
    /// The kind of the elements; `nil` for constants, and for tensors that are read or created as a
    /// whole.
    public let elements: Elements?
    /// The order of the elements.
    public let layout: Layout
  }

  /// A range of memory.
  public enum Place: Sendable, Hashable {
    /// Working memory: the offset and the size, in bytes. Ranges may overlap if they are never in
    /// use at the same time.
    case arena(offset: Int, byteCount: Int)
    /// An input of the model.
    case input(String)
    /// An output of the model.
    case output(String)
    /// Another tensor: a result or a constant operand of a reference evaluation, or a value passed
    /// between two parts.
    case tensor(String)
    /// A constant of the model.
    case constant
    /// A constant in the packed format of a kernel.
    case packedConstant
  }

  /// The kind of elements in memory.
  public enum Elements: Sendable, Hashable {
    /// Single-precision floating-point numbers.
    case float32
    /// Single-precision numbers that were rounded to bfloat16.
    case bfloat16
    /// Single-precision numbers that were split into two bfloat16 numbers.
    case splitBFloat16
    /// Unsigned quantized numbers. Those of int8 have 128 added.
    case bytes
    /// Integers or Booleans of this size in bytes, or half- or double-precision numbers. Kernels
    /// move, compare and convert them.
    case integers(byteCount: Int)
  }

  /// The order of elements in memory.
  public enum Layout: Sendable, Hashable {
    /// The layout of ONNX: the last axis is contiguous.
    case rowMajor
    /// Channels-last: the channels of a position are contiguous.
    ///
    /// - Parameter pixelStride: The number of elements from one position to the next. It exceeds
    ///   the number of channels if the value is part of a concatenation.
    case channelsLast(pixelStride: Int)
  }
}

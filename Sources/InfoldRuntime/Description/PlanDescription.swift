/// What a session does in a run with inputs of certain shapes, step by step: to be printed, or compared.
///
/// `Session.planDescription(for:)` makes one. It depends on the model, the shapes, the options of the session, and the kernels of the
/// machine.
public struct PlanDescription: Sendable, Hashable {
  /// The algorithm of steps that have no kernels.
  package static let referenceAlgorithm = "reference"
  /// What steps say that plan their nodes in the run, since sizes depend on data.
  package static let inRunAlgorithm = "planned in the run"

  /// The inputs, with the shapes that the plan is for.
  public let inputs: [ValueInfo]
  /// What runs, one part behind the other: mostly one. Of a batch that is split, the first part runs for each image.
  public let parts: [Part]

  /// Steps that run in a row.
  public struct Part: Sendable, Hashable {
    /// How often the steps run, each time on the next image of the batch.
    public let images: Int
    /// What runs.
    public let steps: [Step]
    /// The names of the nodes whose results are there without a step: the same memory under another name, or a Concat whose operands
    /// are written to their places.
    public let idleNodes: [String]
    /// The working memory that threads share, in bytes.
    public let sharedByteCount: Int
    /// The working memory of each thread, in bytes.
    public let threadByteCount: Int
  }

  /// A piece of work: a node of the graph, or several that became one.
  public struct Step: Sendable, Hashable {
    /// The names of the nodes that it does something for; a node without a name is called by the value that it makes first. None where a
    /// result is brought to where the caller finds it.
    public let nodes: [String]
    /// The operators that it does, like `Conv+Relu`.
    public let operation: String
    /// How it does them, like `Winograd 4×4`; `reference` for those without kernels.
    public let algorithm: String
    /// What was chosen for it by measurement, like `bands 7 rows`; empty without `SessionOptions.tuning`.
    public let measuredChoices: [String]
    /// The sizes of its output, as far as they are known.
    public let shape: [Int]
    /// What it does behind its own work, while results are in registers, in this order: `residual` for the addition of another value, an
    /// activation like `clip(0.0, 6.0)`, and `placed in` with the name of the concatenation that the result is a part of.
    public let fused: [String]
    /// What it reads.
    public let reads: [Operand]
    /// What it writes.
    public let writes: [Operand]
    /// The working memory that each thread needs for it, in bytes.
    public let threadByteCount: Int
    /// The multiplications with an addition that the standard's definition of the operators needs; 0 where they do not count.
    public let multiplyAccumulates: Int
    /// What runs in the bodies of an If or a Loop, as far as it is known before they run.
    public let bodies: [Part]
  }

  /// Where something lies that a step reads or writes.
  public struct Operand: Sendable, Hashable {
    /// The memory.
    public let place: Place
    /// The place of its first element in that memory, in elements.
    public let firstElement: Int
    /// What the elements are; `nil` for constants, and for tensors that are read or made as a whole.
    public let elements: Elements?
    /// The order of the elements.
    public let layout: Layout
  }

  /// A stretch of memory.
  public enum Place: Sendable, Hashable {
    /// Working memory: the offset and the size, in bytes. What is never used at the same time may overlap.
    case arena(offset: Int, byteCount: Int)
    /// An input of the model.
    case input(String)
    /// An output of the model.
    case output(String)
    /// Another tensor: what a reference evaluation makes, or a constant that it reads, or what lies between two parts.
    case tensor(String)
    /// A constant of the model.
    case constant
    /// A constant in a kernel's own form.
    case packedConstant
  }

  /// What elements are in memory.
  public enum Elements: Sendable, Hashable {
    /// Numbers in single precision.
    case float32
    /// Quantized numbers, unsigned: 128 is added to those of int8.
    case bytes
    /// Integers or truth values of so many bytes, or numbers in half or double precision, which kernels move, compare and convert.
    case integers(byteCount: Int)
  }

  /// The order of elements in memory.
  public enum Layout: Sendable, Hashable {
    /// ONNX's own: the last dimension runs fastest.
    case rowMajor
    /// The channels run fastest.
    /// - Parameter pixelStride: The elements from one position to the next: more than there are channels where it is a part of a
    ///   concatenation.
    case channelsLast(pixelStride: Int)
  }
}

import InfoldSystem
import InfoldTensor

/// The complete definition of one operator: its attributes by version, its checks, its shape rule,
/// and a plain evaluation that is the reference for all faster ones.
///
/// A value of a conforming type is one use of the operator, with its attributes parsed. Apps add
/// operators with `OperatorRegistry.adding(_:)`. The easiest ways to write one are
/// `FloatingPointOperator`, which is generic over `Float` and `Double`, and `UnaryOperator`.
public protocol Operator: Sendable {
  /// The name, such as `Conv`.
  static var name: String { get }
  /// The domain, empty for ONNX's own.
  static var domain: String { get }
  /// The opset versions that changed the operator, in ascending order.
  static var versions: [Int] { get }
  /// The `versions` that extended the operator without changing what valid nodes of the previous
  /// version mean: inputs and attributes, present or omitted, keep their meaning. Empty by default.
  static var compatibleVersions: [Int] { get }
  /// The opset that removed the operator. `nil` by default.
  static var deprecation: Deprecation? { get }
  /// Returns the number of inputs and outputs as of `version`, one of `versions`.
  static func arity(since version: Int) -> Arity
  /// Returns the element types that the data may have as of `version`, one of `versions`. By
  /// default, every type that Infold supports.
  ///
  /// Data is what the outputs are made from, as opposed to shapes, axes, indices, conditions and
  /// scales.
  static func elementTypes(since version: Int) -> ElementTypeSet
  /// The family of the operator in drawings, totals and lists. `.other` by default.
  static var family: OperatorFamily { get }
  /// The operator's role in quantized models. `nil` by default.
  static var quantizationRole: QuantizationRole? { get }
  /// How the operator behaves if float32 replaces float16 and bfloat16. `.none` by default,
  /// `.sameFunction` for operators of protocols that evaluate narrow types in `Float`.
  static var widening: Widening { get }

  /// Reads the attributes. Afterwards, an attribute that was not read is an error.
  /// - Throws: `InfoldError.Code.invalidModel` for values that the standard forbids; `.unsupported`
  ///   for values that Infold does not support.
  init(_ attributes: inout AttributeReader) throws(InfoldError)

  /// Returns the types of the outputs for the given inputs. This is the operator's shape rule.
  ///
  /// The arity has been checked.
  /// - Throws: `InfoldError.Code.invalidModel` for inputs that the standard forbids; `.unsupported`
  ///   for inputs that Infold does not support.
  func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType]

  /// Returns what is known about the elements of small integer outputs, by default nothing. This is
  /// the operator's value rule.
  ///
  /// If all inputs are known, the operator is evaluated instead.
  /// - Parameters:
  ///   - inputs: What is known about the inputs.
  ///   - outputs: The types that the shape rule returned.
  func inferElements(_ inputs: OperatorInputs, outputs: [TensorType]) throws(InfoldError) -> [SymbolicTensor?]

  /// The output of an operator without inputs that is the same in every run, such as Constant;
  /// `nil` by default.
  var constantOutput: Tensor? { get }

  /// Whether `inferElements` returns all elements of the outputs once the shapes of the inputs are
  /// known, as for Shape and Size. `false` by default.
  static var followsFromShapes: Bool { get }

  /// Whether the first output has the elements of the first input in the same order, possibly with
  /// another shape or type. `false` by default.
  static var keepsElements: Bool { get }

  /// Whether the output consists of the inputs' elements, so that empty inputs have no effect.
  /// `false` by default.
  static var joinsInputs: Bool { get }

  /// Whether the first output has each element of the first input exactly once and unchanged,
  /// possibly in another order or shape. `false` by default.
  static var rearrangesElements: Bool { get }

  /// The indices of the inputs from which output elements are copied unchanged; `nil`, the default,
  /// for operators that compute.
  static var elementSources: ClosedRange<Int>? { get }

  /// Whether an evaluation in a floating-point type rounds. It does not if each element of the
  /// outputs is a constant or an element of an input. `true` by default, except for operators with
  /// `elementSources`.
  static var rounds: Bool { get }

  /// Whether each element of the first output is the maximum of some elements of the first input, or
  /// an average of them with nonnegative weights. `false` by default.
  var averagesInput: Bool { get }

  /// The indices of inputs that are parameters of the computation rather than data, although they may
  /// be floating-point, such as scales and regions; `nil`, the default, if there are none.
  static var settings: ClosedRange<Int>? { get }

  /// For each input whose integers are indices, the number of valid indices, starting at 0. Empty
  /// by default.
  func indexedPositions(_ inputs: OperatorInputs) -> [Int: Int]

  /// Whether the outputs are probabilities: nonnegative numbers that sum to 1 along an axis.
  /// `false` by default.
  static var returnsProbabilities: Bool { get }

  /// Returns whether the first output is the unchanged first input. `false` by default.
  /// - Parameter isKnown: Whether an input is omitted or is the same in every run.
  func forwardsInput(_ isKnown: (_ input: Int) -> Bool) -> Bool

  /// How the operator can compute with quantized numbers; `nil`, the default, if it cannot.
  var quantizedForm: QuantizedForm? { get }

  /// How the operator is linear in its first input, with the second one as the weight; `nil`, the
  /// default, if it is not linear.
  var linearForm: LinearForm? { get }

  /// Whether each element of the output is a sum of products that have one element of each input as a
  /// factor. `false` by default.
  var isSumOfProducts: Bool { get }

  /// Returns whether the operator may read padding zeros outside of its first input; `nil`, the
  /// default, if that is not known.
  /// - Parameters:
  ///   - input: The shape of the first input, as far as it is known.
  ///   - weight: The shape of the weight.
  func mayPad(input: Shape?, weight: [Int]) -> Bool?

  /// The affine map that the operator applies to one input if the others are constants; `nil`, the
  /// default, if it is not affine.
  var affineForm: AffineForm? { get }

  /// Returns the multiply-accumulate operations of one evaluation. Returns 0 for operators without
  /// any, and `nil` if sizes are unknown or the count does not fit an `Int`.
  func multiplyAccumulates(inputs: [TensorType?], outputs: [TensorType?]) -> Int?

  /// Returns how the axes of the inputs map to those of the outputs, as far as that is certain.
  /// `.unknown` by default.
  /// - Parameters:
  ///   - inputs: What is known about the inputs.
  ///   - outputs: The types that the shape rule returned; `nil` for outputs that the node omits.
  func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping

  /// Returns the function that the operator applies to each element of the first input; `nil`, the
  /// default, for operators that do something else or apply a function without a name here.
  func elementFunction(_ inputs: OperatorInputs) -> ElementFunction?

  /// How the operator combines corresponding elements of its inputs; `nil`, the default, for
  /// operators that do something else.
  var elementCombination: ElementCombination? { get }

  /// Returns an equivalent graph of other operators, which sessions run in place of this operator.
  /// It has the operator's inputs and outputs. Returns `nil`, the default, for primitive operators,
  /// and if the graph depends on what is not known about the inputs.
  func composition(_ inputs: OperatorInputs) throws(InfoldError) -> Graph?

  /// Computes the outputs. Those that `context` does not want may be `nil`. `inferOutputs` has
  /// accepted the types of the inputs.
  ///
  /// The result must depend only on the inputs and attributes, because constants are computed ahead
  /// of time. Sessions may flush subnormal numbers to zero during the call.
  func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?]
}

extension Operator {
  public static var domain: String { "" }

  public static var deprecation: Deprecation? { nil }

  public static var compatibleVersions: [Int] { [] }

  public static func elementTypes(since version: Int) -> ElementTypeSet { .all }

  public static var family: OperatorFamily { .other }

  public static var quantizationRole: QuantizationRole? { nil }

  public static var widening: Widening { .none }

  public func inferElements(_ inputs: OperatorInputs, outputs: [TensorType]) throws(InfoldError) -> [SymbolicTensor?] {
    []
  }

  public var constantOutput: Tensor? { nil }

  public static var followsFromShapes: Bool { false }

  public static var elementSources: ClosedRange<Int>? { nil }

  public static var rounds: Bool { elementSources == nil }

  public var averagesInput: Bool { false }

  public static var settings: ClosedRange<Int>? { nil }

  public func indexedPositions(_ inputs: OperatorInputs) -> [Int: Int] { [:] }

  public static var keepsElements: Bool { false }

  public static var joinsInputs: Bool { false }

  public static var rearrangesElements: Bool { false }

  public static var returnsProbabilities: Bool { false }

  public func forwardsInput(_ isKnown: (_ input: Int) -> Bool) -> Bool { false }

  public var quantizedForm: QuantizedForm? { nil }

  public var linearForm: LinearForm? { nil }

  public var isSumOfProducts: Bool { false }

  public func mayPad(input: Shape?, weight: [Int]) -> Bool? { nil }

  public var affineForm: AffineForm? { nil }

  public func multiplyAccumulates(inputs: [TensorType?], outputs: [TensorType?]) -> Int? { 0 }

  public func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { .unknown }

  public func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { nil }

  public var elementCombination: ElementCombination? { nil }

  public func composition(_ inputs: OperatorInputs) throws(InfoldError) -> Graph? { nil }
}

extension Operator {
  /// Returns whether a node of opset `old` has the same meaning in opset `new`.
  package static func keepsMeaning(from old: Int, to new: Int) -> Bool {
    versions.allSatisfy { $0 <= old || $0 > new || compatibleVersions.contains($0) }
  }
}

/// The removal of an operator from the standard.
public struct Deprecation: Sendable, Hashable {
  /// The first opset version without the operator.
  public let opset: Int
  /// The operator that replaces it.
  public let successor: String

  /// Creates a deprecation.
  public init(opset: Int, successor: String) {
    self.opset = opset
    self.successor = successor
  }
}

/// The number of inputs and outputs of an operator.
public struct Arity: Sendable, Hashable {
  /// The number of inputs. The first `inputs.lowerBound` are required, the others optional.
  public let inputs: ClosedRange<Int>
  /// The number of outputs. The first `outputs.lowerBound` are required, the others optional.
  public let outputs: ClosedRange<Int>

  /// Creates an arity.
  public init(inputs: ClosedRange<Int>, outputs: ClosedRange<Int> = 1...1) {
    self.inputs = inputs
    self.outputs = outputs
  }

  /// Creates an arity of exactly `inputs` inputs and one output.
  public init(_ inputs: Int) {
    self.init(inputs: inputs...inputs)
  }

  /// The upper bound of variadic operators.
  public static let any = Int.max
}

/// The context of an evaluation apart from its inputs.
public struct EvaluationContext: Sendable {
  /// The precision of floating-point arithmetic.
  public enum Precision: Sendable {
    /// The type that the model declares.
    case declared
    /// `Double`, whatever floating-point type the model declares. Its results are the reference for
    /// others.
    case double
  }

  /// Whether each output is wanted, by index.
  public var wantedOutputs: [Bool]
  /// The precision. With `.double`, every floating-point input is float64.
  public var precision: Precision

  /// Creates a context.
  public init(wantedOutputs: [Bool] = [true], precision: Precision = .declared) {
    self.wantedOutputs = wantedOutputs
    self.precision = precision
  }

  /// Returns whether output `index` is wanted.
  public func wantsOutput(_ index: Int) -> Bool {
    index < wantedOutputs.count && wantedOutputs[index]
  }
}

import InfoldSystem
import InfoldTensor

/// The whole specification of one operator: its attributes by opset version, its checks, its shape rule, and a plain
/// evaluation that is the reference for every faster one.
///
/// A value of a conforming type is one use of the operator, its attributes read.
/// An app brings operators of its own with `OperatorRegistry.adding(_:)`; most are written most easily as a
/// `FloatingPointOperator`, which has to be generic over `Float` and `Double`, or a `UnaryOperator`.
public protocol Operator: Sendable {
  /// The name, like `Conv`.
  static var name: String { get }
  /// The domain; empty for ONNX's own.
  static var domain: String { get }
  /// The opset versions that changed the operator, ascending.
  static var versions: [Int] { get }
  /// Those of `versions` in which a node of the version before means the same, where it is still allowed: nothing else is read of its
  /// inputs and attributes, nor of one that is left out. None, by default.
  static var compatibleVersions: [Int] { get }
  /// The opset that withdrew the operator; `nil`, the default, where none did.
  static var withdrawal: Withdrawal? { get }
  /// How many inputs and outputs the operator takes since `version`, one of `versions`.
  static func arity(since version: Int) -> Arity
  /// The element types that its data may have since `version`, one of `versions`; every type that Infold holds, by default.
  ///
  /// Data is what the outputs are made of: not the shapes, axes, indices, conditions and scales beside it.
  static func elementTypes(since version: Int) -> ElementTypeSet
  /// What the operator does, for drawings, totals and lists; `.other` by default.
  static var family: OperatorFamily { get }
  /// What the operator has to do with quantized numbers; nothing, by default.
  static var quantizationRole: QuantizationRole? { get }
  /// What the operator does with float32 numbers in the place of float16 and bfloat16 ones; `.none`, by default, and `.sameFunction` for
  /// operators of protocols whose evaluation computes narrow types in `Float`.
  static var widening: Widening { get }

  /// Reads the attributes. Every attribute that is not read is refused afterwards.
  /// - Throws: `InfoldError` with `.invalidModel` for values that the standard forbids, `.unsupported` for values that
  ///   Infold does not have.
  init(_ attributes: inout AttributeReader) throws(InfoldError)

  /// The shape rule: the types of the outputs, from those of the inputs.
  ///
  /// Optional inputs that are there or not, and their number, have been checked.
  /// - Throws: `InfoldError` with `.invalidModel` for inputs that the standard forbids, `.unsupported` for those that
  ///   Infold does not have.
  func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType]

  /// The value rule: what is known of the outputs' elements, small tensors of integers, from those of the inputs. Empty,
  /// the default, where nothing is.
  ///
  /// Outputs of inputs that are all known need no rule: they are evaluated.
  /// - Parameters:
  ///   - inputs: What is known of the inputs.
  ///   - outputs: What the shape rule has said.
  func inferElements(_ inputs: OperatorInputs, outputs: [TensorType]) throws(InfoldError) -> [PartialTensor?]

  /// What the operator gives in every run, where it holds that itself and reads nothing, as Constant does; `nil`, the default, elsewhere.
  var constantOutput: Tensor? { get }

  /// Whether `inferElements` tells every element of the outputs as soon as the shapes of the inputs are known, as for Shape and Size;
  /// not, by default.
  static var followsFromShapes: Bool { get }

  /// Whether the first output has the elements of the first input in their order, at most in another shape or type; not, by default.
  static var keepsElements: Bool { get }

  /// Whether the output consists of the inputs' elements, so that an input without any adds nothing; not, by default.
  static var joinsInputs: Bool { get }

  /// Whether the first output has each element of the first input once and as it is, at most in another order or shape; not, by default.
  static var rearrangesElements: Bool { get }

  /// The inputs, by position, whose elements those of the outputs are, as they are; `nil`, the default, for operators that compute.
  static var elementSources: ClosedRange<Int>? { get }

  /// Whether an evaluation in a floating-point type rounds: not where each element of the outputs is one of the inputs, or a constant. By
  /// default it does, but for operators with `elementSources`.
  static var rounds: Bool { get }

  /// Whether each element of the first output is an average, with weights that are not negative, of elements of the first input, or the
  /// largest of some of them; not, by default.
  var averagesInput: Bool { get }

  /// The inputs, by position, that say how the operator computes, and not with what, though they may be fractions, as scales and regions
  /// are; `nil`, the default, where there are none.
  static var settings: ClosedRange<Int>? { get }

  /// By input, how many positions there are that its integers name, from 0 on, as indices do; none, by default.
  func namedPositions(_ inputs: OperatorInputs) -> [Int: Int]

  /// Whether the outputs are probabilities: along an axis, numbers that are not negative and add up to 1; not, by default.
  static var givesProbabilities: Bool { get }

  /// Whether the first output is the first input, as it is; not, by default.
  /// - Parameter isKnown: Whether an input is left out, or the same in every run.
  func handsOnInput(_ isKnown: (_ input: Int) -> Bool) -> Bool

  /// In what way the operator can compute with quantized numbers; in none, by default.
  var quantizedForm: QuantizedForm? { get }

  /// How the operator is linear in its first input, with its second one as the weight; `nil`, the default, for those that are not.
  var linearForm: LinearForm? { get }

  /// Whether an operator that reads its first input through a window may read zeros beside it; `nil`, the default, where that is not
  /// known.
  /// - Parameters:
  ///   - input: The shape of the first input, as far as it is known.
  ///   - weight: That of the weight.
  func mayPad(input: Shape?, weight: [Int]) -> Bool?

  /// How the operator maps the numbers of one input when the others are constants; `nil`, the default, for those that do something else.
  var affineForm: AffineForm? { get }

  /// The multiplications whose products are added up, in one evaluation: 0 for operators that do nothing of the kind,
  /// `nil` where the sizes are not known or the number does not fit an `Int`.
  func multiplyAccumulates(inputs: [TensorType?], outputs: [TensorType?]) -> Int?

  /// How the axes of the inputs go over into those of the outputs, as far as it is sure; nothing, by default.
  /// - Parameters:
  ///   - inputs: What is known of the inputs.
  ///   - outputs: The types that the shape rule has given; `nil` for outputs that the node leaves out.
  func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping

  /// The function of the first input's elements that each element of the output is, in its place; `nil`, the default, for operators
  /// that do something else, or a function that has no name.
  func elementFunction(_ inputs: OperatorInputs) -> ElementFunction?

  /// How the elements in the same place of all inputs become that of the output; `nil`, the default, for operators that do something
  /// else.
  var elementCombination: ElementCombination? { get }

  /// The network of other operators that computes the same of these inputs, and that a session runs in the operator's place: a graph with
  /// the inputs and the outputs of the operator. `nil`, the default, for operators that are defined by themselves, and where the network
  /// depends on what is not known of the inputs.
  func composition(_ inputs: OperatorInputs) throws(InfoldError) -> Graph?

  /// Computes the outputs; `nil` for those that `context` does not want. `inferOutputs` has accepted the inputs' types.
  ///
  /// A function of the inputs and attributes alone, because what is the same in every run is computed ahead. A session calls it with
  /// the arithmetic that it computes with: subnormal numbers may be flushed to zero.
  func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?]
}

extension Operator {
  public static var domain: String { "" }

  public static var withdrawal: Withdrawal? { nil }

  public static var compatibleVersions: [Int] { [] }

  public static func elementTypes(since version: Int) -> ElementTypeSet { .all }

  public static var family: OperatorFamily { .other }

  public static var quantizationRole: QuantizationRole? { nil }

  public static var widening: Widening { .none }

  public func inferElements(_ inputs: OperatorInputs, outputs: [TensorType]) throws(InfoldError) -> [PartialTensor?] {
    []
  }

  public var constantOutput: Tensor? { nil }

  public static var followsFromShapes: Bool { false }

  public static var elementSources: ClosedRange<Int>? { nil }

  public static var rounds: Bool { elementSources == nil }

  public var averagesInput: Bool { false }

  public static var settings: ClosedRange<Int>? { nil }

  public func namedPositions(_ inputs: OperatorInputs) -> [Int: Int] { [:] }

  public static var keepsElements: Bool { false }

  public static var joinsInputs: Bool { false }

  public static var rearrangesElements: Bool { false }

  public static var givesProbabilities: Bool { false }

  public func handsOnInput(_ isKnown: (_ input: Int) -> Bool) -> Bool { false }

  public var quantizedForm: QuantizedForm? { nil }

  public var linearForm: LinearForm? { nil }

  public func mayPad(input: Shape?, weight: [Int]) -> Bool? { nil }

  public var affineForm: AffineForm? { nil }

  public func multiplyAccumulates(inputs: [TensorType?], outputs: [TensorType?]) -> Int? { 0 }

  public func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { .unknown }

  public func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { nil }

  public var elementCombination: ElementCombination? { nil }

  public func composition(_ inputs: OperatorInputs) throws(InfoldError) -> Graph? { nil }
}

extension Operator {
  /// Whether a node of opset `old` means the same in opset `new`.
  package static func keepsMeaning(from old: Int, to new: Int) -> Bool {
    versions.allSatisfy { $0 <= old || $0 > new || compatibleVersions.contains($0) }
  }
}

/// The end of an operator.
public struct Withdrawal: Sendable, Hashable {
  /// The first opset version without the operator.
  public let opset: Int
  /// The operator that takes its place.
  public let successor: String

  /// A withdrawal.
  public init(opset: Int, successor: String) {
    self.opset = opset
    self.successor = successor
  }
}

/// How many inputs and outputs an operator takes.
public struct Arity: Sendable, Hashable {
  /// The number of inputs. The first `inputs.lowerBound` must be there; the others may be left out.
  public let inputs: ClosedRange<Int>
  /// The number of outputs, likewise.
  public let outputs: ClosedRange<Int>

  /// An arity.
  public init(inputs: ClosedRange<Int>, outputs: ClosedRange<Int> = 1...1) {
    self.inputs = inputs
    self.outputs = outputs
  }

  /// Exactly `inputs` inputs and one output.
  public init(_ inputs: Int) {
    self.init(inputs: inputs...inputs)
  }

  /// The upper bound of operators that take any number.
  public static let any = Int.max
}

/// What an evaluation is told beside its inputs.
public struct EvaluationContext: Sendable {
  /// In what arithmetic a floating-point value is computed.
  public enum Precision: Sendable {
    /// In the type that the model declares.
    case declared
    /// In `Double`, whatever floating-point type the model declares: the truth that others are held against.
    case double
  }

  /// Which outputs are wanted, by position.
  public var wantedOutputs: [Bool]
  /// The arithmetic. Under `.double` every floating-point input arrives as float64.
  public var precision: Precision

  /// A context.
  public init(wantedOutputs: [Bool] = [true], precision: Precision = .declared) {
    self.wantedOutputs = wantedOutputs
    self.precision = precision
  }

  /// Whether output `index` is wanted.
  public func wantsOutput(_ index: Int) -> Bool {
    index < wantedOutputs.count && wantedOutputs[index]
  }
}

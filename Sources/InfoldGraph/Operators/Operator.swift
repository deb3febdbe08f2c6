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
  /// The opset that withdrew the operator; `nil`, the default, where none did.
  static var withdrawal: Withdrawal? { get }
  /// How many inputs and outputs the operator takes since `version`, one of `versions`.
  static func arity(since version: Int) -> Arity
  /// The element types that its data may have since `version`, one of `versions`; every type that Infold holds, by default.
  ///
  /// Data is what the outputs are made of: not the shapes, axes, indices, conditions and scales beside it.
  static func elementTypes(since version: Int) -> ElementTypeSet

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

  /// The multiplications whose products are added up, in one evaluation: 0 for operators that do nothing of the kind,
  /// `nil` where the sizes are not known or the number does not fit an `Int`.
  func multiplyAccumulates(inputs: [TensorType?], outputs: [TensorType?]) -> Int?

  /// Computes the outputs; `nil` for those that `context` does not want. `inferOutputs` has accepted the inputs' types.
  ///
  /// A function of the inputs and attributes alone, because what is the same in every run is computed ahead. A session calls it with
  /// the arithmetic that it computes with: subnormal numbers may be flushed to zero.
  func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?]
}

extension Operator {
  public static var domain: String { "" }

  public static var withdrawal: Withdrawal? { nil }

  public static func elementTypes(since version: Int) -> ElementTypeSet { .all }

  public func inferElements(_ inputs: OperatorInputs, outputs: [TensorType]) throws(InfoldError) -> [PartialTensor?] {
    []
  }

  public var constantOutput: Tensor? { nil }

  public func multiplyAccumulates(inputs: [TensorType?], outputs: [TensorType?]) -> Int? { 0 }
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

import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX HannWindow, opset 17: ½ − ½ · cos(2π · n ÷ N).
package struct HannWindow: WindowFunction {
  package static let name = "HannWindow"
  static let coefficients = (0.5, 0.5, 0.0)
  let isPeriodic: Bool
  let target: ElementType

  init(isPeriodic: Bool, target: ElementType) { (self.isPeriodic, self.target) = (isPeriodic, target) }
}

/// ONNX HammingWindow, opset 17: 25⁄46 − 21⁄46 · cos(2π · n ÷ N).
package struct HammingWindow: WindowFunction {
  package static let name = "HammingWindow"
  static let coefficients = (25.0 / 46, 21.0 / 46, 0.0)
  let isPeriodic: Bool
  let target: ElementType

  init(isPeriodic: Bool, target: ElementType) { (self.isPeriodic, self.target) = (isPeriodic, target) }
}

/// ONNX BlackmanWindow, opset 17: 0.42 − ½ · cos(2π · n ÷ N) + 0.08 · cos(4π · n ÷ N).
package struct BlackmanWindow: WindowFunction {
  package static let name = "BlackmanWindow"
  static let coefficients = (0.42, 0.5, 0.08)
  let isPeriodic: Bool
  let target: ElementType

  init(isPeriodic: Bool, target: ElementType) { (self.isPeriodic, self.target) = (isPeriodic, target) }
}

/// A list of `size` numbers, a sum of cosines: a₀ − a₁ · cos(2π · n ÷ N) + a₂ · cos(4π · n ÷ N) for
/// n = 0, 1, …, where N is `size`, or one less with `periodic` = 0.
///
/// A window of one number that is not periodic has N = 0 and is NaN, as in ONNX's definition. The
/// numbers are computed in double precision and converted to `output_datatype` as by Cast.
protocol WindowFunction: Operator {
  /// The coefficients a₀, a₁ and a₂.
  static var coefficients: (Double, Double, Double) { get }
  /// Whether the window repeats after its last number.
  var isPeriodic: Bool { get }
  /// The type of the numbers.
  var target: ElementType { get }

  /// Creates the operator with these attributes.
  init(isPeriodic: Bool, target: ElementType)
}

extension WindowFunction {
  public static var versions: [Int] { [17] }

  public static func elementTypes(since version: Int) -> ElementTypeSet { .numeric }

  public static func arity(since version: Int) -> Arity { Arity(1) }

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    self.init(
      isPeriodic: try attributes.flag("periodic", default: true),
      target: try attributes.numericType("output_datatype"))
  }

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    _ = try inputs.type(0, of: .indices)
    try inputs.requireOneElementInAnyShape(0)
    guard let size = inputs.partial(0)?.elements.first else { return [TensorType(target, [.unknown])] }
    if let known = size.size, known < 0 {
      throw InfoldError(.invalidModel, "size is \(known) but must not be negative")
    }
    return [TensorType(target, [size])]
  }

  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let size = try inferredShape(inputs)[0]
    let period = isPeriodic ? size : size - 1
    let (a0, a1, a2) = Self.coefficients
    var window = try Tensor(zeros: [size], of: .float64)
    try window.withMutableSpan(as: Double.self) { window in
      for n in window.indices {
        guard period > 0 else {
          window[n] = .nan
          continue
        }
        let once = ComplexNumber.root(n % period, of: period).real,
          twice = ComplexNumber.root(2 * n % period, of: period).real
        window[n] = a0 - a1 * once + a2 * twice
      }
    }
    return [try window.cast(to: context.precision == .double && target.isFloatingPoint ? .float64 : target)]
  }
}

extension AttributeReader {
  /// Returns the integer attribute `name` as a numeric element type; float32 if it is absent.
  mutating func numericType(_ name: String) throws(InfoldError) -> ElementType {
    let type = try elementType(name) ?? .float32
    guard ElementTypeSet.numeric.contains(type) else {
      throw InfoldError(
        .unsupported, "unsupported element type: \(name) is \(type); supported are \(ElementTypeSet.numeric)")
    }
    return type
  }
}

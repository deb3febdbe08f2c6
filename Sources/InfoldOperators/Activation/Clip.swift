import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Clip, opsets 1, 6, 11, 12, 13: min(max(x, lower bound), upper bound), element-wise.
///
/// The bounds are attributes before opset 11 and optional inputs since. Integers are allowed since
/// opset 12. If the lower bound exceeds the upper one, the result is the upper one. NaN stays NaN.
package struct Clip: Operator {
  package static let name = "Clip"
  package static let versions = [1, 6, 11, 12, 13]
  package static let compatibleVersions = [12, 13]
  package static let family = OperatorFamily.activation
  package static let widening = Widening.sameFunction
  package static func elementTypes(since version: Int) -> ElementTypeSet {
    version < 12 ? .floatingPoint : .numeric
  }
  package static func arity(since version: Int) -> Arity { version < 11 ? Arity(1) : Arity(inputs: 1...3) }

  /// The lower bound as an attribute, before opset 11; `nil` if there is none.
  package let min: Float?
  /// The upper bound as an attribute, before opset 11; `nil` if there is none.
  package let max: Float?
  private let elementTypes: ElementTypeSet

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    elementTypes = Self.elementTypes(since: attributes.version)
    guard attributes.version < 11 else {
      (min, max) = (nil, nil)
      return
    }
    let bound: Float? = attributes.version < 6 ? nil : .greatestFiniteMagnitude
    min = try attributes.float("min") ?? bound.map { -$0 }
    max = try attributes.float("max") ?? bound
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let type = try inputs.type(0, of: elementTypes)
    try inputs.requireSameElementType(0...2)
    for index in 1...2 {
      guard inputs.has(index), let shape = inputs.types[index]?.shape else { continue }
      guard shape.rank <= 1, shape.allSatisfy({ $0.size ?? 1 == 1 }) else {
        throw InfoldError(.invalidModel, "input \(index) has the shape \(shape); it must be a scalar")
      }
    }
    return [type]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { .everyAxis(inputs) }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? {
    guard let lower = number(1, inputs, attribute: min, default: -.infinity),
      let upper = number(2, inputs, attribute: max, default: .infinity), lower <= upper
    else { return nil }
    return .clip(lower: lower, upper: upper)
  }

  /// Returns a bound for kernels and quantization, or `nil` if the model computes it.
  private func number(_ index: Int, _ inputs: OperatorInputs, attribute: Float?, default missing: Float) -> Float? {
    if let attribute { return attribute }
    guard inputs.has(index) else { return missing }
    guard let tensor = inputs.constant(index), tensor.count == 1 else { return nil }
    switch tensor.elementType {
    case .float32: return try? tensor.elements(as: Float.self).first
    case .uint8: return (try? tensor.elements(as: UInt8.self).first).map { Float($0) }
    case .int8: return (try? tensor.elements(as: Int8.self).first).map { Float($0) }
    default: return nil
    }
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    let lower = try bound(1, inputs, attribute: min), upper = try bound(2, inputs, attribute: max)
    if x.elementType.isFloatingPoint { return [try clipped(x, lower, upper)] }
    let raised = try lower.map { (bound) throws(InfoldError) in try Raising().broadcasting(x, bound) } ?? x
    return [try upper.map { (bound) throws(InfoldError) in try Lowering().broadcasting(raised, bound) } ?? raised]
  }

  /// Clips floating-point numbers in one pass. A missing bound is NaN: no number is below or above
  /// it.
  private func clipped(_ x: Tensor, _ lower: Tensor?, _ upper: Tensor?) throws(InfoldError) -> Tensor {
    func number<Element: FloatingPointElement>(_ bound: Tensor?) throws(InfoldError) -> Element {
      try bound?.converted(to: Element.elementType).elements(as: Element.self)[0] ?? .nan
    }
    let lowest: (Float, Double) = (try number(lower), try number(lower))
    let highest: (Float, Double) = (try number(upper), try number(upper))
    let raise = Raising(), reduce = Lowering()
    return try x.mapped(
      to: x.elementType, { reduce(raise($0, lowest.0), highest.0) }, { reduce(raise($0, lowest.1), highest.1) })
  }

  /// Returns a bound as a scalar of the input's type.
  private func bound(_ index: Int, _ inputs: [Tensor?], attribute: Float?) throws(InfoldError) -> Tensor? {
    if let attribute { return try Tensor(scalar: attribute).converted(to: inputs[0]!.elementType) }
    return index < inputs.count ? try inputs[index]?.reshaped(to: []) : nil
  }
}

extension Clip {
  package var quantizedForm: QuantizedForm? { .function }
}

/// A function of x and a lower bound: x, or the bound if x is below it.
private struct Raising: NumericFunction {
  func callAsFunction<Element: NumericElement>(_ x: Element, _ bound: Element) -> Element {
    x < bound ? bound : x
  }
}

/// A function of x and an upper bound: x, or the bound if x is above it.
private struct Lowering: NumericFunction {
  func callAsFunction<Element: NumericElement>(_ x: Element, _ bound: Element) -> Element {
    x > bound ? bound : x
  }
}

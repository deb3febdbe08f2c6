import InfoldGraph
import InfoldSystem
import InfoldTensor

/// The factor 1 ÷ √(σ² + ε) of a batch normalization, computed in `Double` and rounded once.
///
/// The input is the variance σ². The output has its shape and the element type with the number
/// `to`. The attribute `epsilon` is ε.
package struct InverseDeviation: Operator {
  package static let name = "InverseDeviation"
  package static let domain = OperatorRegistry.internalDomain
  package static let versions = [1]
  package static let family = OperatorFamily.normalization
  package static func arity(since version: Int) -> Arity { Arity(1) }

  private let epsilon: Double
  private let resultType: ElementType

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    epsilon = Double(try attributes.float("epsilon") ?? 1e-5)
    guard let number = try attributes.int("to"), let type = ElementType(rawValue: Int32(clamping: number)),
      type.isFloatingPoint
    else { throw InfoldError(.invalidModel, "the attribute \"to\" is not a floating-point type") }
    resultType = type
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [TensorType(resultType, try inputs.type(0, of: .floatingPoint).shape)]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { .everyAxis(inputs) }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let variance: [Double] = try inputs[0]!.widened().elements(as: Double.self)
    let type = context.precision == .double ? .float64 : resultType
    return [
      try Tensor(
        shape: inputs[0]!.shape, variance.map { 1 / BatchNormalization.deviation($0, epsilon: epsilon) }
      ).converted(to: type)
    ]
  }
}

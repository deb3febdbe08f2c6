/// The scale γ ÷ √(σ² + ε) and the shift β − μ · scale of a batch normalization at inference, computed in `Double` and
/// rounded once.
///
/// Inputs scale γ, bias β, mean μ, variance σ², all of one shape; outputs of that shape, of the element type with the
/// number `to`. Attribute `epsilon`.
package struct NormalizationScaleShift: Operator {
  package static let name = "NormalizationScaleShift"
  package static let domain = OperatorRegistry.internalDomain
  package static let versions = [1]
  package static func arity(since version: Int) -> Arity { Arity(inputs: 4...4, outputs: 2...2) }

  private let epsilon: Double
  private let resultType: ElementType

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    epsilon = Double(try attributes.float("epsilon") ?? 1e-5)
    guard let number = try attributes.int("to"), let type = ElementType(rawValue: Int32(clamping: number)),
      type.isFloatingPoint
    else { throw InfoldError(.invalidModel, "the attribute \"to\" names no floating-point type") }
    resultType = type
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let shape = try inputs.type(0, of: .floatingPoint).shape
    for index in 1...3 { _ = try inputs.type(index, of: .floatingPoint) }
    return [TensorType(resultType, shape), TensorType(resultType, shape)]
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    var parameters: [[Double]] = []
    for input in inputs { parameters.append(try input!.widened().elements(as: Double.self)) }
    let scale = parameters[0].indices.map { parameters[0][$0] / (parameters[3][$0] + epsilon).squareRoot() }
    let shift = scale.indices.map { parameters[1][$0] - parameters[2][$0] * scale[$0] }
    let type = context.precision == .double ? .float64 : resultType
    return [
      try Tensor(shape: inputs[0]!.shape, scale).converted(to: type),
      try Tensor(shape: inputs[0]!.shape, shift).converted(to: type),
    ]
  }
}

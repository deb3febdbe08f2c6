import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX LayerNormalization, opset 17, which ONNX Runtime also writes into models of older opsets:
/// Y = (X − mean) ÷ √(variance + epsilon) · Scale + B, with the mean and population variance over
/// `axis` and all following dimensions.
///
/// X and Y are [d0, …]; Scale and the optional B broadcast to X. The optional outputs Mean and
/// InvStdDev are [d0, …, d(axis − 1), 1, …, 1], of the type selected by `stash_type`: float32 or
/// bfloat16. Statistics and normalized numbers are computed in `Double`, regardless of
/// `stash_type`.
package struct LayerNormalization: StandardFloatingPointOperator {
  package static let name = "LayerNormalization"
  package static let versions = [1, 17]
  package static let compatibleVersions = [17]
  package static let family = OperatorFamily.normalization
  package static func arity(since version: Int) -> Arity { Arity(inputs: 2...3, outputs: 1...3) }

  /// The first normalized dimension. Negative values count from the end.
  package let axis: Int
  /// The number added to the variance.
  package let epsilon: Float
  private let stashType: ElementType

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = try attributes.int("axis") ?? -1
    epsilon = try attributes.float("epsilon") ?? 1e-5
    let stash = try attributes.int("stash_type") ?? 1
    switch Int32(exactly: stash).flatMap(ElementType.init) {
    case .float32: stashType = .float32
    case .bfloat16: stashType = .bfloat16
    default: throw InfoldError(.invalidModel, "stash_type is \(stash) but must be 1 (float32) or 16 (bfloat16)")
    }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    var x = try inputs.type(0, of: .floatingPoint)
    try inputs.requireSameElementType(0...2)
    var statistics = x.shape
    if let shape = x.shape {
      for axis in try normalizedAxis(axis, rank: shape.rank)..<shape.rank { statistics?[axis] = 1 }
    }
    for index in 1...2 where inputs.has(index) {
      x.shape = try BroadcastRule.unidirectional.resultShape(x.shape, try inputs.type(index).shape)
    }
    return [x, TensorType(stashType, statistics), TensorType(stashType, statistics)]
  }

  package func resultType(_ index: Int, of inputs: [Tensor?]) -> ElementType {
    index == 0 ? inputs[0]!.elementType : stashType
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let x = inputs.types[0], let rank = x.shape?.rank, let first = try? normalizedAxis(axis, rank: rank) else {
      return .unknown
    }
    return AxisMapping(
      AxisMapping.broadcast(inputs, to: x).independentAxes.prefix(first).enumerated().map { axis, independent in
        IndependentAxis(inputs: independent.inputs, outputs: [axis, axis, axis])
      })
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    let first = try normalizedAxis(axis, rank: x.shape.count)
    let statisticsShape = x.shape[..<first] + Array(repeating: 1, count: x.shape.count - first)
    let length = x.shape[first...].reduce(1, *)
    var mean = try Tensor(zeros: Array(statisticsShape), of: Element.elementType), inverse = mean
    var y = try Tensor(zeros: x.shape, of: Element.elementType)
    try x.withElements(as: Element.self) { x throws(InfoldError) in
      try y.withMutableSpan(as: Element.self) { y throws(InfoldError) in
        try mean.withMutableSpan(as: Element.self) { mean throws(InfoldError) in
          try inverse.withMutableSpan(as: Element.self) { inverse in
            for row in mean.indices {
              let moments = Moments(x, from: row * length, length: length)
              mean[row] = Element(moments.mean)
              inverse[row] = Element(moments.inverseDeviation(epsilon))
              for index in (row * length)..<((row + 1) * length) {
                y[index] = Element(moments.normalized(Double(x[index]), epsilon))
              }
            }
          }
        }
      }
    }
    y = try .broadcasting(y, inputs[1]!) { (y: Element, scale: Element) in y * scale }
    if inputs.count > 2, let bias = inputs[2] {
      y = try .broadcasting(y, bias) { (y: Element, bias: Element) in y + bias }
    }
    return zip([y, mean, inverse], context.wantedOutputs).map { $1 ? $0 : nil }
  }
}

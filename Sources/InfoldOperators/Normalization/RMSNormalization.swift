import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX RMSNormalization, opset 23: Y = X ÷ √(mean of X² + epsilon) · scale, with the mean over
/// `axis` and all following dimensions.
///
/// X is [d0, …]; scale broadcasts to X and determines the type of Y. The means are computed in
/// `Double`, regardless of `stash_type`.
package struct RMSNormalization: StandardFloatingPointOperator {
  package static let name = "RMSNormalization"
  package static let versions = [23]
  package static let family = OperatorFamily.normalization
  package static func arity(since version: Int) -> Arity { Arity(2) }

  /// The first normalized dimension. Negative values count from the end.
  package let axis: Int
  /// The number added to the mean.
  package let epsilon: Float

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = try attributes.int("axis") ?? -1
    epsilon = try attributes.float("epsilon") ?? 1e-5
    try attributes.readStashType()
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint), scale = try inputs.type(1, of: .floatingPoint)
    if let shape = x.shape { _ = try normalizedAxis(axis, rank: shape.rank) }
    return [TensorType(scale.elementType, try BroadcastRule.unidirectional.resultShape(x.shape, scale.shape))]
  }

  package func resultType(_ index: Int, of inputs: [Tensor?]) -> ElementType {
    inputs[1]!.elementType
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let x = inputs.types[0], let rank = x.shape?.rank, let first = try? normalizedAxis(axis, rank: rank) else {
      return .unknown
    }
    return AxisMapping(Array(AxisMapping.broadcast(inputs, to: x).independentAxes.prefix(first)))
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let shape = inputs[0]!.shape
    let first = try normalizedAxis(axis, rank: shape.count), epsilon = Double(epsilon)
    let y = try inputs[0]!.rewritten { (x: borrowing Span<Element>, y) in
      let length = shape[first...].reduce(1, *)
      for row in 0..<(x.count / length) {
        let places = (row * length)..<((row + 1) * length)
        let unit = Double.unitForSquares(of: x, at: places)
        var sum = 0.0
        for index in places { sum += Double(x[index]) * unit * (Double(x[index]) * unit) }
        let square = sum / Double(length)
        let root =
          unit == 1 || epsilon <= 0
          ? (square + epsilon).squareRoot() : .hypot(square.squareRoot(), epsilon.squareRoot() * unit)
        for index in places { y[index] = Element(Double(x[index]) * unit / root) }
      }
    }
    return [try .broadcasting(y, inputs[1]!) { (y: Element, scale: Element) in y * scale }]
  }
}

/// ONNX Hardmax, opsets 1, 11, 13: 1 in the place of the first maximum along `axis`, elsewhere 0. X and Y have the same shape;
/// NaN counts as a maximum.
///
/// Before opset 13 one maximum is looked for among `axis` and every dimension behind it.
package struct Hardmax: FloatingPointOperator {
  package static let name = "Hardmax"
  package static let versions = [1, 11, 13]
  package static func arity(since version: Int) -> Arity { Arity(1) }

  /// The dimension, or the first of those, along which is searched.
  package let axis: SoftmaxAxis

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = try SoftmaxAxis(&attributes)
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    if let shape = x.shape { _ = try normalizedAxis(axis.axis, rank: shape.rank) }
    return [x]
  }

  package func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    var y = try Tensor(zeros: x.shape, of: Element.elementType)
    guard y.count > 0 else { return [y] }
    let (length, stride) = try axis.lines(x.shape)
    x.withSpan(as: Element.self) { x in
      y.withMutableSpan(as: Element.self) { y in
        for line in 0..<(x.count / length) {
          let first = line / stride * length * stride + line % stride
          var best = first
          for index in 1..<length where !x[best].isNaN && !(x[first + index * stride] <= x[best]) {
            best = first + index * stride
          }
          y[best] = 1
        }
      }
    }
    return [y]
  }
}

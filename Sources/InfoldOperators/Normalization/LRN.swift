import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX LRN, opsets 1, 13: local response normalization across channels.
///
/// X and Y are [N, C, D1, …]: Y[n, c, d] = X[n, c, d] ÷ (bias + alpha ÷ size · Σ X[n, i, d]²)^beta.
/// The sum covers the existing channels i from c − ⌊(size − 1) ÷ 2⌋ to c + ⌈(size − 1) ÷ 2⌉.
package struct LRN: StandardFloatingPointOperator {
  package static let name = "LRN"
  package static let versions = [1, 13]
  package static let compatibleVersions = [13]
  package static let family = OperatorFamily.normalization
  package static func arity(since version: Int) -> Arity { Arity(1) }

  /// The factor of the mean of squares.
  package let alpha: Float
  /// The exponent.
  package let beta: Float
  /// The number added to the mean of squares.
  package let bias: Float
  /// The number of channels in a sum, at least 1.
  package let size: Int

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    alpha = try attributes.float("alpha") ?? 1e-4
    beta = try attributes.float("beta") ?? 0.75
    bias = try attributes.float("bias") ?? 1
    guard let size = try attributes.int("size"), size >= 1 else {
      throw InfoldError(.invalidModel, "the attribute \"size\" is missing or less than 1")
    }
    self.size = size
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    try inputs.requireRank(2...Int.max, of: 0)
    return [x]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    .axes(inputs) { $0 != 1 }
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let shape = inputs[0]!.shape
    let factor = Double(alpha) / Double(size), bias = Double(bias), beta = Double(beta)
    return [
      try inputs[0]!.rewritten { (x: borrowing Span<Element>, y) in
        let channels = shape[1], inner = x.count / (shape[0] * channels)
        var squares = [Double](repeating: 0, count: inner)
        for plane in 0..<(x.count / inner) {
          let c = plane % channels, start = plane * inner
          for index in squares.indices { squares[index] = 0 }
          for neighbor in max(c - (size - 1) / 2, 0)...min(c + size / 2, channels - 1) {
            let row = (plane - c + neighbor) * inner
            for index in 0..<inner { squares[index] += Double(x[row + index]) * Double(x[row + index]) }
          }
          for index in 0..<inner {
            y[start + index] = Element(Double(x[start + index]) / .pow(bias + factor * squares[index], beta))
          }
        }
      }
    ]
  }
}

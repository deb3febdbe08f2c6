import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX LpNormalization, opsets 1, 22: x ÷ (Σ |x|ᵖ)^(1/p) along an axis, or 0 if the norm is 0. X
/// and Y have the same shape. Computed in `Double`.
package struct LpNormalization: AxesNormalization, StandardFloatingPointOperator {
  package static let name = "LpNormalization"
  package static let versions = [1, 22]
  package static let compatibleVersions = [22]

  /// The axis. Negative values count from the end.
  package let axis: Int
  /// The exponent, 1 or 2.
  package let p: Int

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = try attributes.int("axis") ?? -1
    p = try attributes.int("p") ?? 2
    guard p == 1 || p == 2 else { throw InfoldError(.invalidModel, "p is \(p) but must be 1 or 2") }
  }

  var axes: [Int] { [axis] }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    let slices = AxisSlices(x.shape, axis: try normalizedAxis(axis, rank: x.shape.count))
    return [
      try x.rewritten { (x: borrowing Span<Element>, y) in
        slices.forEach { _, start in
          let places = (0..<slices.count).lazy.map { start + $0 * slices.stride }
          let unit = Double.unitForSquares(of: x, at: places)
          var sum = 0.0
          for place in places {
            let magnitude = Double(x[place].magnitude) * unit
            sum += p == 1 ? magnitude : magnitude * magnitude
          }
          let norm = p == 1 ? sum : sum.squareRoot()
          for place in places where norm != 0 { y[place] = Element(Double(x[place]) * unit / norm) }
        }
      }
    ]
  }
}

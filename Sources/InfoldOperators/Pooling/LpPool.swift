import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX LpPool, opsets 1, 2, 11, 18, 22: the Lp norm (Σ |x|ᵖ)^(1/p) of every window, over 1 to 3 spatial dimensions.
///
/// X [N, C, D1, …]; Y [N, C, O1, …]. Padding adds nothing to the sum. Opset 1 lets `kernel_shape` be left out without
/// saying what that means: it is refused.
package struct LpPool: FloatingPointPool {
  package static let name = "LpPool"
  package static let versions = [1, 2, 11, 18, 22]
  package static let compatibleVersions = [11, 18, 22]

  /// How the window moves.
  package let window: SlidingWindow
  /// The exponent, > 0.
  package let p: Double

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    let version = attributes.version
    window = try SlidingWindow(
      pooling: SlidingWindow.Attributes(&attributes, hasDilations: version >= 18, hasCeilMode: version >= 18))
    p = version == 1 ? try attributes.float("p").map(Double.init) ?? 2 : try attributes.int("p").map(Double.init) ?? 2
    guard p > 0, p.isFinite else { throw InfoldError(.invalidModel, "p is \(p), and must be a number above 0") }
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    return [
      try inputs[0]!.pooled(by: window) { (x: borrowing Span<Element>, start, window) in
        var norm = PowerNorm(p)
        window.forEachOffset { norm.see(Double(x[start + $0])) }
        window.forEachOffset { norm.add(Double(x[start + $0])) }
        return Element(norm.value)
      }
    ]
  }
}

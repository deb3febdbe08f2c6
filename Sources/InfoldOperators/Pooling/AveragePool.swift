import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX AveragePool, opsets 1, 7, 10, 11, 19, 22: the mean of each window, over 1 to 3 spatial
/// dimensions.
///
/// X is [N, C, D1, …]; Y is [N, C, O1, …]. The divisor is the number of window elements inside the
/// input or, with `count_include_pad`, inside the input and its padding. Elements beyond the
/// padding, which a window may cover with `ceil_mode`, never count. The mean of no elements is NaN.
package struct AveragePool: FloatingPointPool {
  package static let name = "AveragePool"
  package static let versions = [1, 7, 10, 11, 19, 22]
  package static let compatibleVersions = [7, 10, 11, 19, 22]

  /// The sliding window.
  package let window: SlidingWindow
  /// Whether the zeros of the padding count as elements.
  package let countsPadding: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    let version = attributes.version
    window = try SlidingWindow(
      pooling: SlidingWindow.Attributes(&attributes, hasDilations: version >= 19, hasCeilMode: version >= 10))
    countsPadding = version >= 7 ? try attributes.flag("count_include_pad") : false
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    [
      try inputs[0]!.pooled(by: window) { (x: borrowing Span<Element>, start, window) in
        var sum: Element = 0
        window.forEachOffset { sum += x[start + $0] }
        return sum / Element(countsPadding ? window.paddedCount : window.count)
      }
    ]
  }
}

extension AveragePool {
  package var averagesInput: Bool { true }

  package var quantizedForm: QuantizedForm? { .average }
}

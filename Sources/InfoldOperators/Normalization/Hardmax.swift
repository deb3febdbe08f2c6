import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Hardmax, opsets 1, 11, 13: 1 at the first maximum along `axis`, and 0 elsewhere. X and Y
/// have the same shape. NaN counts as a maximum.
///
/// Before opset 13, there is one maximum over `axis`, 1 by default, and all following dimensions.
/// For an input of rank 1, the default is its only axis.
package struct Hardmax: LineOperator {
  package static let name = "Hardmax"

  /// The dimension to search, or the first of them.
  package let axis: SoftmaxAxis

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = try SoftmaxAxis(&attributes)
  }

  func write<Element: FloatingPointElement>(
    _ line: SoftmaxAxis.Line, of y: inout MutableSpan<Element>, from x: Span<Element>
  ) {
    var best = line.first
    for index in 1..<line.length {
      let place = line.first + index * line.stride
      if !x[best].isNaN && !(x[place] <= x[best]) { best = place }
    }
    y[best] = 1
  }
}

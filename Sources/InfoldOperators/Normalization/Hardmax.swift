import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Hardmax, opsets 1, 11, 13: 1 in the place of the first maximum along `axis`, elsewhere 0. X and Y have the same shape;
/// NaN counts as a maximum.
///
/// Before opset 13 one maximum is looked for among `axis`, which is 1 by default, and every dimension behind it. With one
/// dimension, that default means this one.
package struct Hardmax: LineOperator {
  package static let name = "Hardmax"

  /// The dimension, or the first of those, along which is searched.
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

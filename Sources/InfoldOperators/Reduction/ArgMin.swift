import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX ArgMin, opsets 1, 11, 12, 13: the index of the least element along an axis, as int64. Of equal ones the first, or with
/// `select_last_index` (opset 12) the last; NaN, where there is one, is found first.
package struct ArgMin: ExtremumIndexOperator {
  package static let name = "ArgMin"
  package static let versions = [1, 11, 12, 13]
  package let search: ExtremumIndexSearch

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    search = try ExtremumIndexSearch(&attributes)
  }

  package func prefers<Element: NumericElement>(_ a: Element, to b: Element) -> Bool {
    a < b
  }
}

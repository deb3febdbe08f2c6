import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX IsNaN, opsets 9, 13, 20: whether x is not a number. float8, which opset 20 allows, is not supported.
package struct IsNaN: ClassificationOperator {
  package static let name = "IsNaN"
  package static let versions = [9, 13, 20]

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  func matches<Element: FloatingPointElement>(_ x: Element) -> Bool {
    x.isNaN
  }
}

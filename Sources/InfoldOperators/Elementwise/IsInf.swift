import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX IsInf, opsets 10, 20: whether x is infinite. float8, which opset 20 allows, is not supported.
package struct IsInf: ClassificationOperator {
  package static let name = "IsInf"
  package static let versions = [10, 20]

  /// Whether −∞ counts.
  package let detectsNegative: Bool
  /// Whether +∞ counts.
  package let detectsPositive: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    detectsNegative = try attributes.flag("detect_negative", default: true)
    detectsPositive = try attributes.flag("detect_positive", default: true)
  }

  func matches<Element: FloatingPointElement>(_ x: Element) -> Bool {
    x == .infinity && detectsPositive || x == -.infinity && detectsNegative
  }
}

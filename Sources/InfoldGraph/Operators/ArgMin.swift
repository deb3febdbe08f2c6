/// ONNX ArgMin, opsets 1, 11, 12, 13: the index of the least element along an axis, as int64. Of equal ones the first, or with
/// `select_last_index` (opset 12) the last; NaN, where there is one, is found first.
public struct ArgMin: ExtremumIndexOperator {
  public static let name = "ArgMin"
  public static let versions = [1, 11, 12, 13]
  public let search: ExtremumIndexSearch

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    search = try ExtremumIndexSearch(&attributes)
  }

  public func prefers<Element: NumericElement>(_ a: Element, to b: Element) -> Bool {
    a < b
  }
}

import InfoldGraph
import InfoldOperators
import InfoldTensor

/// −x ÷ 2, by an operator that only has a reference evaluation, like that of an app.
public struct ReferenceFunction: UnaryOperator {
  public static let name = "ReferenceFunction"
  public static let domain = "com.example"
  public static let versions = [1]

  public init(_ attributes: inout AttributeReader) {}

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element { -x / 2 }
}

extension NetworkBuilder {
  /// A node without a kernel.
  public mutating func reference(_ x: ValueID, name: String? = nil) throws -> ValueID {
    try node(
      ReferenceFunction.name, [x], name: name, domain: ReferenceFunction.domain,
      registry: .standard.adding(ReferenceFunction.self))
  }
}

public import Infold

/// y = min(max(x, −1), 1), element by element: PyTorch's activation of that name.
///
/// It says which function it is, and so runs by a kernel, or in that of the layer before it.
public struct HardTanh: UnaryOperator {
  public static let name = "HardTanh"
  public static let domain = "com.example"
  public static let versions = [1]
  public static let family = OperatorFamily.activation

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  public func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .clip(lower: -1, upper: 1) }

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x < -1 ? -1 : x > 1 ? 1 : x
  }
}

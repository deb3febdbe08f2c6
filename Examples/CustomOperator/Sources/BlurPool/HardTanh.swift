public import Infold

/// y = min(max(x, −1), 1), element by element, like PyTorch's activation of that name.
///
/// It declares its element function, so it runs in a kernel, or in the epilogue of the previous
/// layer.
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

import InfoldTensor

/// The 256 quantized values of DynamicQuantizeLinear. Their range covers the given numbers and 0.
package struct DynamicGrid<Element: FloatingPointElement>: Sendable {
  package let scale: Element
  /// The integer that represents 0: from 0 to 255 for normal scales, infinite or NaN for others.
  package let exactZeroPoint: Element

  /// The integer that represents 0, as a quantized number.
  package var zeroPoint: UInt8 { UInt8(saturating: Double(exactZeroPoint)) }

  /// - Parameter bounds: The smallest and the largest number, including 0 and ignoring NaN.
  package init(_ bounds: (least: Element, greatest: Element)) {
    scale = (bounds.least == bounds.greatest ? 1 : bounds.greatest - bounds.least) / 255
    exactZeroPoint = (-bounds.least / scale).rounded(.toNearestOrEven)
  }

  init(of numbers: [Element]) {
    self.init(Self.bounds(numbers.count) { numbers[$0] })
  }

  init(of tensor: Tensor) {
    self.init(tensor.withElements(as: Element.self) { x in Self.bounds(x.count) { x[$0] } })
  }

  private static func bounds(_ count: Int, _ number: (Int) -> Element) -> (least: Element, greatest: Element) {
    var bounds: (least: Element, greatest: Element) = (0, 0)
    for index in 0..<count {
      let x = number(index)
      if x < bounds.least { bounds.least = x }
      if x > bounds.greatest { bounds.greatest = x }
    }
    return bounds
  }

  /// Returns the quantized number; 0 for NaN.
  package func quantized(_ x: Element) -> UInt8 {
    UInt8(saturating: Double((x / scale).rounded(.toNearestOrEven) + exactZeroPoint))
  }

  /// Returns the number quantized and dequantized.
  func rounded(_ x: Element) -> Element {
    Element(Int(quantized(x)) - Int(zeroPoint)) * scale
  }
}

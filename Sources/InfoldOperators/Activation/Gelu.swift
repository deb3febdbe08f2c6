import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Gelu, opset 20: x · Φ(x), where Φ is the standard normal distribution function, exact or
/// approximated by tanh.
package struct Gelu: UnaryOperator {
  /// How Φ is computed.
  package enum Approximation: String, Sendable, CaseIterable {
    /// ½ · (1 + erf(x ÷ √2)).
    case none
    /// ½ · (1 + tanh(√(2 ÷ π) · (x + 0.044715 · x³))).
    case tanh
  }

  package static let name = "Gelu"
  package static let versions = [20]
  package static let family = OperatorFamily.activation

  /// How Φ is computed.
  package let approximation: Approximation

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    let name = try attributes.string("approximate") ?? "none"
    guard let approximation = Approximation(rawValue: name) else {
      throw InfoldError(.invalidModel, "approximate is \(String(quoting: name)) but must be none or tanh")
    }
    self.approximation = approximation
  }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? {
    approximation == .tanh ? .geluByTanh : .gelu
  }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    switch approximation {
    case .none:
      let errorFunction: Element = .erf(x * Element(0.5).squareRoot())
      return x * (0.5 * (1 + errorFunction))
    case .tanh:
      let slope: Element = (2 / Element.pi).squareRoot()
      let cubic: Element = x + 0.044715 * x * x * x
      let tangent: Element = .tanh(slope * cubic)
      return x * (0.5 * (1 + tangent))
    }
  }
}

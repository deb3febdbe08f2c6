import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX GlobalLpPool, opsets 1, 2, 22: the Lp norm (Σ |x|ᵖ)^(1/p) of every channel. X [N, C, D1, …]; Y [N, C, 1, …].
package struct GlobalLpPool: GlobalPool {
  package static let name = "GlobalLpPool"
  package static let versions = [1, 2, 22]

  /// The exponent, > 0.
  package let p: Double

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    p =
      attributes.version == 1
      ? try attributes.float("p").map(Double.init) ?? 2 : try attributes.int("p").map(Double.init) ?? 2
    guard p > 0, p.isFinite else { throw InfoldError(.invalidModel, "p is \(p), and must be a number above 0") }
  }

  func reduce<Element: FloatingPointElement>(_ channel: borrowing Span<Element>) -> Element {
    var norm = PowerNorm(p)
    for index in channel.indices { norm.see(Double(channel[index])) }
    for index in channel.indices { norm.add(Double(channel[index])) }
    return Element(norm.value)
  }
}

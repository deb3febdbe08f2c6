import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX LpPool, opsets 1, 2, 11, 18, 22: the Lp norm (Σ |x|ᵖ)^(1/p) of every window, over 1 to 3 spatial dimensions.
///
/// X [N, C, D1, …]; Y [N, C, O1, …]. Padding adds nothing to the sum. Opset 1 lets `kernel_shape` be left out without
/// saying what that means: it is refused.
package struct LpPool: FloatingPointPool {
  package static let name = "LpPool"
  package static let versions = [1, 2, 11, 18, 22]
  package static let compatibleVersions = [11, 18, 22]

  /// How the window moves.
  package let window: SlidingWindow
  /// The exponent, > 0.
  package let p: Double

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    let version = attributes.version
    window = try SlidingWindow(
      pooling: SlidingWindow.Attributes(&attributes, hasDilations: version >= 18, hasCeilMode: version >= 18))
    p = version == 1 ? try attributes.float("p").map(Double.init) ?? 2 : try attributes.int("p").map(Double.init) ?? 2
    guard p > 0, p.isFinite else { throw InfoldError(.invalidModel, "p is \(p), and must be a number above 0") }
  }

  /// Sums of powers, which a convolution of every channel by itself with weights of 1 adds up, and their roots. Powers that leave the range
  /// of the type, as the squares of numbers beyond 10¹⁹ do in float32, are infinite then.
  package func composition(_ inputs: OperatorInputs) throws(InfoldError) -> Graph? {
    guard let type = inputs.types[0], let sizes = type.shape?.sizes, !sizes.contains(0),
      sizes.count == 2 + window.rank, let count = checkedProduct([sizes[1]] + window.kernel),
      count <= Self.mostWeights
    else { return nil }
    let extents = try window.extents(sizes[2...])
    var behind: [Int] = []
    for (axis, extent) in extents.enumerated() {
      guard extent.output > 0, let reach = window.reach(axis) else { return nil }
      behind.append(
        max(0, (extent.output - 1) * window.strides[axis] + reach - sizes[2 + axis] - extent.padBefore))
    }
    var network = Composition(inputs)
    let powers = try network.powers(of: network.input(0), p)
    let channels = sizes[1]
    let ones = try Tensor(
      shape: [channels, 1] + window.kernel,
      Array(repeating: 1 as Float, count: count)
    ).converted(to: type.elementType)
    func list(_ numbers: [Int]) -> Attribute { .ints(numbers.map(Int64.init)) }
    let sums = try network.add(
      Conv.name, [powers, network.add(ones)],
      [
        "group": .int(Int64(channels)), "strides": list(window.strides), "dilations": list(window.dilations),
        "pads": list(extents.map(\.padBefore) + behind),
      ])
    let norms = try network.roots(of: sums, p)
    return network.graph(returning: [norms])
  }

  /// The most weights of such a convolution.
  private static var mostWeights: Int { 1 << 20 }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    return [
      try inputs[0]!.pooled(by: window) { (x: borrowing Span<Element>, start, window) in
        var norm = PowerNorm(p)
        window.forEachOffset { norm.see(Double(x[start + $0])) }
        window.forEachOffset { norm.add(Double(x[start + $0])) }
        return Element(norm.value)
      }
    ]
  }
}

extension Composition {
  /// |x|ᵖ.
  mutating func powers(of x: ValueID, _ p: Double) throws(InfoldError) -> ValueID {
    if p == 2 { return try add(Mul.name, [x, x]) }
    let magnitudes = try add(Abs.name, [x])
    return p == 1 ? magnitudes : try add(Pow.name, [magnitudes, number(p, like: x)])
  }

  /// x^(1/p).
  mutating func roots(of x: ValueID, _ p: Double) throws(InfoldError) -> ValueID {
    if p == 1 { return x }
    return try p == 2 ? add(Sqrt.name, [x]) : add(Pow.name, [x, number(1 / p, like: x)])
  }
}

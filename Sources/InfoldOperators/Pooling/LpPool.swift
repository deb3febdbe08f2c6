import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX LpPool, opsets 1, 2, 11, 18, 22: the Lp norm (Σ |x|ᵖ)^(1/p) of each window, over 1 to 3
/// spatial dimensions.
///
/// X is [N, C, D1, …]; Y is [N, C, O1, …]. Padding contributes nothing to the sum. Opset 1 allows
/// `kernel_shape` to be omitted without defining what that means; Infold rejects it.
package struct LpPool: FloatingPointPool {
  package static let name = "LpPool"
  package static let versions = [1, 2, 11, 18, 22]
  package static let compatibleVersions = [11, 18, 22]

  /// The sliding window.
  package let window: SlidingWindow
  /// The exponent, a positive number.
  package let p: Double

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    let version = attributes.version
    window = try SlidingWindow(
      pooling: SlidingWindow.Attributes(&attributes, hasDilations: version >= 18, hasCeilMode: version >= 18))
    p = version == 1 ? try attributes.float("p").map(Double.init) ?? 2 : try attributes.int("p").map(Double.init) ?? 2
    guard p > 0, p.isFinite else { throw InfoldError(.invalidModel, "p is \(p) but must be a positive number") }
  }

  /// Composes the norm from three steps: powers, their sums by a depthwise convolution with weights
  /// of 1, and roots. Powers that exceed the range of the type become infinite, for example squares of
  /// numbers above 10¹⁹ in float32.
  package func composition(_ inputs: OperatorInputs) throws(InfoldError) -> Graph? {
    guard let type = inputs.types[0], let sizes = type.shape?.sizes, !sizes.contains(0),
      sizes.count == 2 + window.rank, let count = checkedProduct([sizes[1]] + window.kernel),
      count <= Self.mostWeights
    else { return nil }
    let extents = try window.extents(sizes[2...])
    var after: [Int] = []
    for (axis, extent) in extents.enumerated() {
      guard extent.output > 0, let reach = window.reach(axis) else { return nil }
      after.append(
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
        "pads": list(extents.map(\.padBefore) + after),
      ])
    let norms = try network.roots(of: sums, p)
    return network.graph(returning: [norms])
  }

  /// The most weights of that convolution.
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
  /// Adds |x|ᵖ.
  mutating func powers(of x: ValueID, _ p: Double) throws(InfoldError) -> ValueID {
    if p == 2 { return try add(Mul.name, [x, x]) }
    let magnitudes = try add(Abs.name, [x])
    return p == 1 ? magnitudes : try add(Pow.name, [magnitudes, number(p, like: x)])
  }

  /// Adds x^(1/p).
  mutating func roots(of x: ValueID, _ p: Double) throws(InfoldError) -> ValueID {
    if p == 1 { return x }
    return try p == 2 ? add(Sqrt.name, [x]) : add(Pow.name, [x, number(1 / p, like: x)])
  }
}

import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX GlobalAveragePool, opsets 1, 22: the mean of each channel. X is [N, C, D1, …]; Y is [N, C,
/// 1, …].
package struct GlobalAveragePool: GlobalPool {
  package static let name = "GlobalAveragePool"

  package init(_ attributes: inout AttributeReader) {}

  package var quantizedForm: QuantizedForm? { .average }

  package var averagesInput: Bool { true }

  func reduce<Element: FloatingPointElement>(_ channel: borrowing Span<Element>) -> Element {
    var sum = 0.0
    for index in channel.indices { sum += Double(channel[index]) }
    return Element(sum / Double(channel.count))
  }
}

/// ONNX GlobalMaxPool, opsets 1, 22: the maximum of each channel. X is [N, C, D1, …]; Y is [N, C,
/// 1, …].
///
/// NaN counts as the maximum. The maximum of no elements is −∞.
package struct GlobalMaxPool: GlobalPool {
  package static let name = "GlobalMaxPool"
  package static let rounds = false

  package init(_ attributes: inout AttributeReader) {}

  package var averagesInput: Bool { true }

  func reduce<Element: FloatingPointElement>(_ channel: borrowing Span<Element>) -> Element {
    var maximum = Element.lowest
    for index in channel.indices where !(channel[index] <= maximum) {
      if channel[index].isNaN { return .nan }
      maximum = channel[index]
    }
    return maximum
  }
}

/// An operator that reduces each channel to one element.
protocol GlobalPool: StandardFloatingPointOperator {
  func reduce<Element: FloatingPointElement>(_ channel: borrowing Span<Element>) -> Element
}

extension GlobalPool {
  package static var versions: [Int] { [1, 22] }
  package static var compatibleVersions: [Int] { [22] }
  package static var family: OperatorFamily { .pool }
  package static func arity(since version: Int) -> Arity { Arity(1) }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    try inputs.requireRank(3...Int.max, of: 0)
    guard var shape = x.shape else { return [x] }
    for axis in 2..<shape.rank { shape[axis] = 1 }
    return [TensorType(x.elementType, shape)]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { .axes(inputs) { $0 < 2 } }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    var y = try Tensor(
      zeros: x.shape[..<2] + Array(repeating: 1, count: x.shape.count - 2), of: Element.elementType)
    guard y.count > 0 else { return [y] }
    let count = x.count / y.count
    try x.withElements(as: Element.self) { x throws(InfoldError) in
      try y.withMutableSpan(as: Element.self) { y in
        for channel in y.indices { y[channel] = reduce(x.extracting((channel * count)..<((channel + 1) * count))) }
      }
    }
    return [y]
  }
}

/// ONNX GlobalLpPool, opsets 1, 2, 22: the Lp norm (Σ |x|ᵖ)^(1/p) of each channel. X is [N, C, D1,
/// …]; Y is [N, C, 1, …].
package struct GlobalLpPool: GlobalPool {
  package static let name = "GlobalLpPool"
  package static let versions = [1, 2, 22]

  /// The exponent, a positive number.
  package let p: Double

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    p =
      attributes.version == 1
      ? try attributes.float("p").map(Double.init) ?? 2 : try attributes.int("p").map(Double.init) ?? 2
    guard p > 0, p.isFinite else { throw InfoldError(.invalidModel, "p is \(p) but must be a positive number") }
  }

  /// Composes the norm from a sum of powers and a root, as LpPool does.
  package func composition(_ inputs: OperatorInputs) throws(InfoldError) -> Graph? {
    guard let rank = inputs.types[0]?.shape?.rank, rank > 2, inputs.sizes(0)?.contains(0) != true else { return nil }
    var network = Composition(inputs)
    let powers = try network.powers(of: network.input(0), p)
    let sums = try network.add(ReduceSum.name, [powers, network.list(Array(2..<rank))])
    let norms = try network.roots(of: sums, p)
    return network.graph(returning: [norms])
  }

  func reduce<Element: FloatingPointElement>(_ channel: borrowing Span<Element>) -> Element {
    var norm = PowerNorm(p)
    for index in channel.indices { norm.see(Double(channel[index])) }
    for index in channel.indices { norm.add(Double(channel[index])) }
    return Element(norm.value)
  }
}

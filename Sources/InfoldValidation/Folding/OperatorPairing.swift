import InfoldPasses
import InfoldSystem
import InfoldTensor

/// Pairs the operators with weights of two graphs by the names of their outputs, by their weights,
/// and by their order.
///
/// Folding keeps the name of an operator's output, or uses the name of a later map's output. Other
/// tools rename fused nodes, sort nodes differently, and may reuse a name for another value. In
/// these cases the weights decide, because two layers hardly ever have similar weights.
struct OperatorPairing {
  /// How an operator was matched.
  enum Kind: Hashable {
    case name, weights, order
  }

  /// An operator of the folded graph.
  struct Partner {
    let index: Int
    let kind: Kind
    /// The distance between its weights and the expected ones, relative to their size. `nil` if it
    /// was not computed.
    let distance: Double?
  }

  /// For each operator of the original, its counterpart in the folded graph.
  private(set) var partners: [Partner?]

  /// Weights at a smaller distance belong to the same layer.
  private static let near = 0.01
  /// Weights at a larger distance belong to different layers.
  static let far = 0.05
  /// The largest number of operators whose weights are compared with each other.
  private static let limit = 4096

  /// - Parameter looksAtWeights: Whether to compare weights. If Infold folded the model, names are
  ///   sufficient, because folding keeps them.
  /// - Throws: `InfoldError` with `.limitExceeded` if a memory limit is exceeded.
  init(_ original: FoldAnalysis, _ folded: FoldAnalysis, looksAtWeights: Bool) throws(InfoldError) {
    var found = Self.byName(original, folded)
    let looks = looksAtWeights && original.operators.count <= Self.limit && folded.operators.count <= Self.limit
    if looks {
      partners = try Self.byWeights(original, folded, byName: found)
      return
    }
    var isTaken = Set(found.compactMap { $0 })
    partners = found.map { $0.map { Partner(index: $0, kind: .name, distance: nil) } }
    for (index, entry) in original.operators.enumerated() where found[index] == nil {
      found[index] = folded.operators.indices.first {
        !isTaken.contains($0) && original.isAlike(entry, folded.operators[$0], in: folded)
      }
      if let place = found[index] {
        isTaken.insert(place)
        partners[index] = Partner(index: place, kind: .order, distance: nil)
      }
    }
  }

  /// Pairs operators by their weights first, and the remaining ones by name and by order.
  private static func byWeights(
    _ original: FoldAnalysis, _ folded: FoldAnalysis, byName named: [Int?]
  ) throws(InfoldError) -> [Partner?] {
    let wanted = try original.operators.map { entry throws(InfoldError) in try WeightSample(entry, original) }
    let given = try folded.operators.map { entry throws(InfoldError) in try WeightSample(entry, folded) }
    var partners = [Partner?](repeating: nil, count: named.count)
    var isTaken: Set<Int> = []
    for (index, place) in named.enumerated() {
      guard let place else { continue }
      let distance = wanted[index].distance(given[place])
      if distance <= Self.near {
        partners[index] = Partner(index: place, kind: .name, distance: distance)
        isTaken.insert(place)
      }
    }
    // Pair the remaining operators by distance, the nearest pair first.
    var candidates: [(distance: Double, index: Int, place: Int)] = []
    for (index, entry) in original.operators.enumerated() where partners[index] == nil {
      for (place, other) in folded.operators.enumerated()
      where !isTaken.contains(place) && original.isAlike(entry, other, in: folded) {
        let distance = wanted[index].distance(given[place])
        if distance <= Self.near { candidates.append((distance, index, place)) }
      }
    }
    for candidate in candidates.sorted(by: { ($0.distance, $0.index, $0.place) < ($1.distance, $1.index, $1.place) })
    where partners[candidate.index] == nil && !isTaken.contains(candidate.place) {
      partners[candidate.index] = Partner(index: candidate.place, kind: .weights, distance: candidate.distance)
      isTaken.insert(candidate.place)
    }
    // The remaining operators have wrong weights or no counterpart: pair them by name, then by
    // order.
    for (index, place) in named.enumerated() {
      guard partners[index] == nil, let place, isTaken.insert(place).inserted else { continue }
      partners[index] = Partner(index: place, kind: .name, distance: wanted[index].distance(given[place]))
    }
    for (index, entry) in original.operators.enumerated() where partners[index] == nil {
      let place = folded.operators.indices.first {
        !isTaken.contains($0) && original.isAlike(entry, folded.operators[$0], in: folded)
      }
      guard let place else { continue }
      isTaken.insert(place)
      partners[index] = Partner(index: place, kind: .order, distance: wanted[index].distance(given[place]))
    }
    return partners
  }

  /// Pairs operators by the names of their outputs. A name that fits two operators pairs neither.
  private static func byName(_ original: FoldAnalysis, _ folded: FoldAnalysis) -> [Int?] {
    var candidates: [String: Int] = [:]
    for (index, entry) in folded.operators.enumerated() {
      for name in folded.names(of: entry) { candidates[name] = candidates[name] ?? index }
    }
    let partners: [Int?] = original.operators.map { entry in
      original.names(of: entry).lazy.compactMap { candidates[$0] }
        .first { original.isAlike(entry, folded.operators[$0], in: folded) }
    }
    let counts = partners.reduce(into: [Int: Int]()) { $0[$1 ?? -1, default: 0] += 1 }
    return partners.map { $0.flatMap { counts[$0] == 1 ? $0 : nil } }
  }
}

/// A sample of an operator's weights after folding its maps, in double precision.
private struct WeightSample {
  private let numbers: [Double]
  private let size: Double

  private static let count = 512

  init(_ entry: FoldPlan.Operator, _ analysis: FoldAnalysis) throws(InfoldError) {
    let weights = try analysis.weights(of: entry)
    var numbers: [Double] = []
    let pairs = saturatedProduct(entry.linear.inputChannels / entry.linear.form.groups, entry.linear.outputChannels)
    let step = max(1, pairs / Self.count)
    var blocks: [(input: Int, output: Int, elements: Range<Int>)] = []
    entry.linear.forEachBlock { elements, input, output in
      // Sample the same pairs of channels, whichever channel comes first in the weight.
      if (input &* 31 &+ output &* 17) % step == 0 { blocks.append((input, output, elements)) }
    }
    for block in blocks.sorted(by: { ($0.output, $0.input) < ($1.output, $1.input) }).prefix(4 * Self.count) {
      numbers += block.elements.prefix(9).map { weights.weight[$0] * entry.linear.alpha }
    }
    self.numbers = numbers
    size = numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  /// The distance to another operator's weights, relative to the norm of this operator's. Infinite
  /// if the samples have different sizes.
  func distance(_ other: WeightSample) -> Double {
    guard numbers.count == other.numbers.count, !numbers.isEmpty else { return .infinity }
    let difference = zip(numbers, other.numbers).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    let distance = difference == 0 ? 0 : difference / size
    return distance.isNaN ? .infinity : distance
  }
}

extension FoldAnalysis {
  fileprivate func names(of entry: FoldPlan.Operator) -> [String] {
    entry.outputs.map { graph[$0].name }
  }

  /// Whether the operators have the same kind and weights of the same sizes. A MatMul may have
  /// become a Gemm, and a Gemm's weight may have been transposed.
  fileprivate func isAlike(_ entry: FoldPlan.Operator, _ other: FoldPlan.Operator, in analysis: FoldAnalysis) -> Bool {
    let types = [graph[entry.node].opType, analysis.graph[other.node].opType]
    let shapes = [weightShape(entry), analysis.weightShape(other)]
    return types[0] == types[1] && shapes[0] == shapes[1]
      || !entry.linear.form.hasWindow && !other.linear.form.hasWindow
        && entry.linear.inputChannels == other.linear.inputChannels
        && entry.linear.outputChannels == other.linear.outputChannels
  }

  private func weightShape(_ entry: FoldPlan.Operator) -> [Int] {
    graph.constant(graph[entry.node].inputs[1]!)?.shape ?? []
  }
}

import InfoldPasses
import InfoldSystem
import InfoldTensor

/// Which operators with weights of two graphs belong together: by the names of the values that they make, by their weights, and by their
/// order.
///
/// Folding keeps an operator's name, or takes that of a map behind it. Other tools name anew what they fuse, sort nodes otherwise, and may
/// reuse a name for something else; then the weights decide, since those of a layer are like no other layer's.
struct OperatorPairing {
  /// How an operator was found.
  enum Kind: Hashable {
    case name, weights, order
  }

  /// An operator of the folded graph.
  struct Partner {
    let index: Int
    let kind: Kind
    /// How far its weights are from what they must be, as a part of their size; `nil` where that was not asked for.
    let distance: Double?
  }

  /// For each operator of the original, that of the folded graph.
  private(set) var partners: [Partner?]

  /// Weights that are nearer than this are those of the same layer, folded.
  private static let near = 0.01
  /// Weights that are further away are not, by all that can be said.
  static let far = 0.05
  /// More operators are not compared with each other.
  private static let limit = 4096

  /// - Parameter looksAtWeights: Whether weights are compared: not where Infold itself has folded, and kept the names.
  /// - Throws: `InfoldError` with `.limitExceeded`.
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
    // The nearest of the others, those that are nearest first.
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
    // What is left is wrong, or something else: first by the names, then in order.
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

  /// By the names of the values that they make. A name that fits two operators decides for neither.
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

/// Some of the weights of an operator with the maps around it, in double precision, and its biases.
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
      // The same pairs of channels, whichever comes first in the weight.
      if (input &* 31 &+ output &* 17) % step == 0 { blocks.append((input, output, elements)) }
    }
    for block in blocks.sorted(by: { ($0.output, $0.input) < ($1.output, $1.input) }).prefix(4 * Self.count) {
      numbers += block.elements.prefix(9).map { weights.weight[$0] * entry.linear.alpha }
    }
    self.numbers = numbers
    size = numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  /// How far another operator's weights are from these, as a part of their size; infinite where they are not as many.
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

  /// Whether the operators have the same kind and weights of the same sizes. A MatMul may have become a Gemm, and a
  /// Gemm's weight may have been transposed.
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

import InfoldGraph
import InfoldSystem
import InfoldTensor

/// The matching of values of two networks: by name, by content, and by position in the graphs.
struct ValueMatching {
  /// How a value was matched.
  enum Kind: String {
    case name, content, place
  }

  private let first: ComparedRun
  private let second: ComparedRun
  /// For each value of the first network, its match in the second one.
  private(set) var partners: [ValueID: ValueID] = [:]
  private(set) var kinds: [ValueID: Kind] = [:]
  /// For each value of the second network with another layout, such as channels-last, the
  /// permutation that transposes it to that of the first network.
  private(set) var layouts: [ValueID: [Int]] = [:]
  /// The permutations of values of the second network that hold the elements of a matched value.
  private var aliasLayouts: [ValueID: [Int]] = [:]
  private var isUsed: Set<ValueID> = []
  private let fixed: Set<ValueID>

  /// - Parameters:
  ///   - inputs: The inputs that receive the same tensors.
  ///   - outputs: The outputs to compare, regardless of their content.
  init(
    _ first: ComparedRun, _ second: ComparedRun, inputs: [(ValueID, ValueID)], outputs: [(ValueID, ValueID)]
  ) throws(InfoldError) {
    self.first = first
    self.second = second
    fixed = Set((inputs + outputs).map(\.0))
    for (a, b) in inputs + outputs where partners[a] == nil { match(a, b, .name) }
    matchNames(ofAnySize: false)
    try correctByContent()
    matchPlaces()
    matchNames(ofAnySize: true)
  }

  private mutating func match(_ a: ValueID, _ b: ValueID, _ kind: Kind, layout: [Int]? = nil) {
    partners[a] = b
    kinds[a] = kind
    layouts[b] = layout
    isUsed.insert(b)
  }

  /// For each value of the second network, its match in the first one. An output of the second
  /// network may match several outputs of the first one.
  private var origins: [ValueID: ValueID] {
    Dictionary(partners.map { ($1, $0) }) { $0.index < $1.index ? $0 : $1 }
  }

  private mutating func release(_ a: ValueID) {
    if let b = partners.removeValue(forKey: a) {
      isUsed.remove(b)
      layouts[b] = nil
    }
    kinds[a] = nil
  }

  /// Returns the distance between two values, and the layout with the smallest distance.
  private func distance(_ a: ValueID, _ b: ValueID) throws(InfoldError) -> (distance: Double, layout: [Int]?) {
    guard let x = first.tensor(a), let y = second.tensor(b) else { return (.infinity, nil) }
    let plain = Fingerprint.distance(x, y)
    guard plain > Self.near, x.count == y.count, y.elementType == .float64 else { return (plain, nil) }
    for layout in Self.layouts(x.shape, y.shape) {
      let distance = Fingerprint.distance(x, try y.transposed(layout))
      if distance <= Self.near { return (distance, layout) }
    }
    return (plain, nil)
  }

  /// The relative distance below which values count as the same.
  private static let near = 1e-3

  /// Returns the permutations that give a tensor of shape `other` the shape `own`: channels-last to
  /// channels-first, and the reverse.
  private static func layouts(_ own: [Int], _ other: [Int]) -> [[Int]] {
    let rank = own.count
    guard rank == other.count, (3...5).contains(rank) else { return [] }
    return [[0, rank - 1] + Array(1..<(rank - 1)), [0] + Array(2..<rank) + [1]].filter { layout in
      layout.map { other[$0] } == own
    }
  }

  /// Returns the layout of a value that is matched by position: from its shape if that is
  /// unambiguous, or else that of its neighbor.
  private func layout(_ a: ValueID, _ b: ValueID, nextTo neighbor: ValueID) -> [Int]? {
    guard let x = first.tensor(a), let y = second.tensor(b) else { return nil }
    let possible = Self.layouts(x.shape, y.shape)
    if x.shape == y.shape {
      return (layouts[neighbor] ?? aliasLayouts[neighbor]).flatMap { possible.contains($0) ? $0 : nil }
    }
    return possible.first
  }

  /// Returns the permutations that give a value of the second network the shape of one of the first
  /// network; `nil` for none.
  private func orderings(_ a: ValueID, _ b: ValueID) -> [[Int]?] {
    guard let x = first.tensor(a), let y = second.tensor(b) else { return [] }
    return x.shape == y.shape ? [nil] : Self.layouts(x.shape, y.shape)
  }

  private func fit(_ a: ValueID, _ b: ValueID, ofAnySize: Bool = false) -> Bool {
    guard let x = first.tensor(a), let y = second.tensor(b) else { return false }
    return (ofAnySize || x.count == y.count) && x.elementType.isFloatingPoint == y.elementType.isFloatingPoint
  }

  /// - Parameter ofAnySize: Whether values with different numbers of elements match if they have
  ///   the same operator.
  private mutating func matchNames(ofAnySize: Bool) {
    let names = Dictionary(second.comparable.map { (second.graph[$0].name, $0) }) { first, _ in first }
    for a in first.comparable where partners[a] == nil {
      let name = first.graph[a].name
      guard !name.isEmpty, let b = names[name], !isUsed.contains(b), fit(a, b, ofAnySize: ofAnySize),
        !ofAnySize || hasSameOperator(a, b)
      else { continue }
      match(a, b, .name)
    }
  }

  // MARK: Content

  /// Matches values by content. A match by name is replaced if its values are far apart and another
  /// value is close, because names may be reused for other values.
  private mutating func correctByContent() throws(InfoldError) {
    let candidates = try Fingerprints(first)
    var far: Set<ValueID> = []
    for (a, b) in partners where !fixed.contains(a) {
      let found = try distance(a, b)
      if found.distance > Self.near { far.insert(a) } else { layouts[b] = found.layout }
    }
    let named = origins
    for b in second.comparable {
      let a = named[b]
      guard a.map(far.contains) ?? !isUsed.contains(b), second.tensor(b)!.elementType.isFloatingPoint else { continue }
      var best: (id: ValueID, distance: Double, layout: [Int]?)?
      for candidate in try candidates.candidates(second.tensor(b)!) {
        guard !fixed.contains(candidate), partners[candidate] == nil || far.contains(candidate), candidate != a else {
          continue
        }
        var (distance, layout) = try distance(candidate, b)
        guard distance <= Self.near else { continue }
        if !hasSameOperator(candidate, b) { distance += 1 }
        if first.tensor(candidate)!.shape != second.tensor(b)!.shape { distance += 2 }
        if distance < best?.distance ?? .infinity { best = (candidate, distance, layout) }
      }
      guard let best else { continue }
      if let a, partners[a] == b { release(a) }
      release(best.id)
      far.remove(best.id)
      match(best.id, b, .content, layout: best.layout)
    }
    try correctFar(far)
  }

  /// Replaces matches by name whose values are far apart if another value is much closer. An
  /// example is a normalization that was folded wrongly and has the name of the convolution.
  private mutating func correctFar(_ far: Set<ValueID>) throws(InfoldError) {
    for a in far.sorted(by: { $0.index < $1.index }).prefix(64) {
      guard let b = partners[a], let tensor = second.tensor(b), tensor.elementType.isFloatingPoint else { continue }
      let distance = Fingerprint.distance(first.tensor(a)!, tensor)
      var best: (id: ValueID, distance: Double)?
      for candidate in first.comparable
      where !fixed.contains(candidate) && partners[candidate] == nil && fit(candidate, b) {
        let other = Fingerprint.distance(first.tensor(candidate)!, tensor)
        if other < 0.3, other < distance / 2, other < best?.distance ?? .infinity { best = (candidate, other) }
      }
      guard let best else { continue }
      release(a)
      match(best.id, b, .content)
    }
  }

  private func hasSameOperator(_ a: ValueID, _ b: ValueID) -> Bool {
    guard let one = first.producer(a), let other = second.producer(b) else { return false }
    return first.graph[one].opType == second.graph[other].opType
  }

  // MARK: Place

  /// Matches nodes with the same operator whose inputs, or whose outputs, match.
  private mutating func matchPlaces() {
    for ofAnySize in [false, true] {
      matchForward(ofAnySize)
      matchPastElementwiseNodes()
      matchBackward(ofAnySize)
    }
  }

  /// Matches nodes that the same values reach through different element-wise nodes, such as a batch
  /// normalization, and its scale and shift.
  private mutating func matchPastElementwiseNodes() {
    let own = ElementwisePaths(first), other = ElementwisePaths(second)
    for a in first.comparable {
      guard let b = partners[a] else { continue }
      let ends = own.ends(from: a) { partners[$0] != nil }
      guard !ends.isEmpty else { continue }
      let others = other.ends(from: b) { isUsed.contains($0) }
      for (opType, end) in ends.sorted(by: { $0.value.index < $1.value.index }) {
        guard let partner = others[opType], partners[end] == nil, !isUsed.contains(partner), fit(end, partner) else {
          continue
        }
        match(end, partner, .place, layout: layout(end, partner, nextTo: b))
      }
    }
  }

  private mutating func matchForward(_ ofAnySize: Bool) {
    var origin = origins
    for id in second.graph.nodeIDs {
      let node = second.graph[id]
      guard let b = node.outputs.first ?? nil, second.dependsOnInputs[b.index], !isUsed.contains(b),
        let data = node.uses.first(where: { second.dependsOnInputs[$0.index] }), let source = origin[data]
      else { continue }
      for candidate in first.graph.index.consumers(of: source) {
        let other = first.graph[candidate]
        guard other.opType == node.opType, let a = other.outputs.first ?? nil, partners[a] == nil,
          fit(a, b, ofAnySize: ofAnySize)
        else { continue }
        match(a, b, .place, layout: layout(a, b, nextTo: data))
        origin[b] = a
        break
      }
      // A node that only reorders elements passes its source on to the nodes that read its output.
      if origin[b] == nil, node.onlyReorders,
        fit(source, b)
      {
        origin[b] = source
        aliasLayouts[b] = layout(source, b, nextTo: data)
      }
    }
  }

  private mutating func matchBackward(_ ofAnySize: Bool) {
    for id in first.graph.nodeIDs.reversed() {
      guard let output = first.graph[id].outputs.first ?? nil, let partner = partners[output],
        let node = first.producer(first.unordered(output)).map({ first.graph[$0] }),
        let other = second.producer(second.unordered(partner)).map({ second.graph[$0] }), other.opType == node.opType
      else { continue }
      for (a, b) in inputPairs(node, other) where fit(a, b, ofAnySize: ofAnySize) {
        // Nodes that only reorder elements do not cause differences. Their sources match instead.
        let (x, y) = (first.unordered(a), second.unordered(b))
        if partners[x] == nil, fit(x, y), let layout = orderings(x, y).first {
          match(x, y, .place, layout: layout)
        } else {
          match(a, b, .place, layout: layout(a, b, nextTo: partner))
        }
      }
    }
  }

  /// Returns pairs of inputs of two matching nodes that have no match yet. The operands of a sum or
  /// a product may be exchanged.
  private func inputPairs(_ node: Node, _ other: Node) -> [(ValueID, ValueID)] {
    func isOpen(_ a: ValueID) -> Bool { first.dependsOnInputs[a.index] && partners[a] == nil }
    func isOpenInSecond(_ b: ValueID) -> Bool {
      second.dependsOnInputs[b.index] && !isUsed.contains(b) && !isUsed.contains(second.unordered(b))
    }
    if node.typed?.elementCombination != nil {
      let own = node.uses.filter(isOpen), others = other.uses.filter(isOpenInSecond)
      return own.count == 1 && others.count == 1 ? [(own[0], others[0])] : []
    }
    return zip(node.inputs, other.inputs).compactMap { a, b in
      guard let a, let b, isOpen(a), isOpenInSecond(b) else { return nil }
      return (a, b)
    }
  }
}

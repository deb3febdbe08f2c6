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
      matchBackward(ofAnySize)
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
      if origin[b] == nil, let typed = node.typed, type(of: typed).rearrangesElements || type(of: typed).keepsElements,
        fit(source, b)
      {
        origin[b] = source
        aliasLayouts[b] = layout(source, b, nextTo: data)
      }
    }
  }

  private mutating func matchBackward(_ ofAnySize: Bool) {
    for id in first.graph.nodeIDs.reversed() {
      let node = first.graph[id]
      guard let output = node.outputs.first ?? nil, let partner = partners[output],
        let other = second.producer(partner).map({ second.graph[$0] }), other.opType == node.opType
      else { continue }
      for case (let a?, let b?) in zip(node.inputs, other.inputs)
      where first.dependsOnInputs[a.index] && second.dependsOnInputs[b.index] {
        if partners[a] == nil, !isUsed.contains(b), fit(a, b, ofAnySize: ofAnySize) {
          match(a, b, .place, layout: layout(a, b, nextTo: partner))
        }
      }
    }
  }
}

/// Checksums of a value that do not depend on its shape.
struct Fingerprint {
  private let sum: Double
  private let squares: Double

  init(_ tensor: Tensor) throws(InfoldError) {
    var sum = 0.0, squares = 0.0
    tensor.withElements(as: Double.self) { elements in
      for index in elements.indices {
        sum += elements[index]
        squares += elements[index] * elements[index]
      }
    }
    (self.sum, self.squares) = (sum, squares)
  }

  func isNear(_ other: Fingerprint, count: Int) -> Bool {
    let size = max(squares, other.squares)
    guard size > 0, size.isFinite else { return false }
    return (squares - other.squares).magnitude <= 0.01 * size
      && (sum - other.sum).magnitude <= 0.01 * (size * Double(count)).squareRoot()
  }

  /// Returns the distance of two tensors of the same number of elements, relative to the size of
  /// `a`. It is infinite if it cannot be determined.
  static func distance(_ a: Tensor, _ b: Tensor) -> Double {
    guard a.count == b.count, a.elementType == .float64, b.elementType == .float64 else { return .infinity }
    let step = max(1, a.count / 4096)
    return a.withElements(as: Double.self) { a in
      b.withElements(as: Double.self) { b in
        var difference = 0.0, size = 0.0
        for index in stride(from: 0, to: a.count, by: step) {
          difference += (a[index] - b[index]) * (a[index] - b[index])
          size += a[index] * a[index]
        }
        let distance = (difference / size).squareRoot()
        return distance.isNaN ? .infinity : distance
      }
    }
  }
}

/// The values of a network by fingerprint.
private struct Fingerprints {
  private var byCount: [Int: [(id: ValueID, print: Fingerprint)]] = [:]

  init(_ run: ComparedRun) throws(InfoldError) {
    for id in run.comparable {
      guard let tensor = run.tensor(id), tensor.elementType == .float64 else { continue }
      byCount[tensor.count, default: []].append((id, try Fingerprint(tensor)))
    }
  }

  func candidates(_ tensor: Tensor) throws(InfoldError) -> [ValueID] {
    guard let known = byCount[tensor.count], tensor.elementType == .float64 else { return [] }
    let print = try Fingerprint(tensor)
    return known.filter { $0.print.isNear(print, count: tensor.count) }.map(\.id)
  }
}

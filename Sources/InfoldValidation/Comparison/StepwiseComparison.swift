import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Goes through the first network node by node, and gives each node what the second network has for its inputs. So every difference is
/// found where it arises, and bounds stay as narrow as the roundings between two values that both networks have.
struct StepwiseComparison {
  let first: ComparedRun
  let second: ComparedRun
  /// For values of the first network, those of the second one.
  let partners: [ValueID: ValueID]
  /// The outputs of the first network, and those of the second one that they are held against.
  let outputs: [(first: ValueID, second: ValueID)]
  let rounding: RoundingModel

  /// A value that differs by more than rounding explains.
  struct Finding {
    /// In the first network.
    let value: ValueID
    /// In the second one.
    let other: ValueID
    /// The largest difference beyond what is allowed.
    let difference: Double
    /// What rounding allows there.
    let allowed: Double
    /// The largest magnitude that is expected.
    let largest: Double
    /// Where the element is.
    let place: [Int]
    /// How many elements differ.
    let count: Int
  }

  /// What one pass through the network finds.
  struct Result {
    /// In the order of the first network's nodes.
    var findings: [Finding] = []
    /// What the second network has done to channels and undoes later.
    var maps: [ValueID: ChannelMap] = [:]
    /// The number of values that were compared.
    var compared = 0
  }

  /// - Parameter excluded: Values that are not compared, and not taken from the second network.
  func run(without excluded: Set<ValueID>) throws(InfoldError) -> Result {
    var walk = try Walk(self, excluded)
    return try walk.result()
  }
}

/// One pass.
private struct Walk {
  private let comparison: StepwiseComparison
  private let excluded: Set<ValueID>
  private var estimates: [ErrorEstimate?]
  /// The maps that an estimate relies on, by the values at which they began.
  private var origins: [Set<ValueID>]
  /// Maps that something behind them has undone.
  private var confirmed: Set<ValueID> = []
  private var maps: [ValueID: ChannelMap] = [:]
  /// What a value is blamed for where its map is not undone.
  private var suspects: [ValueID: StepwiseComparison.Finding] = [:]
  private var findings: [(finding: StepwiseComparison.Finding, origins: Set<ValueID>)] = []
  private var compared = 0

  private var first: ComparedRun { comparison.first }
  private var second: ComparedRun { comparison.second }

  init(_ comparison: StepwiseComparison, _ excluded: Set<ValueID>) throws(InfoldError) {
    self.comparison = comparison
    self.excluded = excluded
    let run = comparison.first
    estimates = run.graph.valueIDs.map { id in
      guard let tensor = run.tensor(id) else { return nil }
      if run.isConstant(id) {
        return ErrorEstimate(constant: tensor, relative: comparison.rounding.constants)
      }
      return run.producer(id) == nil ? ErrorEstimate(exactly: tensor) : nil
    }
    origins = Array(repeating: [], count: run.graph.values.count)
  }

  mutating func result() throws(InfoldError) -> StepwiseComparison.Result {
    let graph = first.graph
    let isNeeded = graph.neededNodes(), lastUses = graph.lastUses(of: isNeeded)
    for id in graph.nodeIDs where isNeeded[id.index] {
      try Interruption.check()
      let node = graph[id]
      let inputs = node.operands.map { $0.flatMap { estimates[$0.index] } }
      let outputs = try annotatingErrors({ $0.atNode(graph.label(of: node)) }) { () throws(InfoldError) in
        let types = node.operands.map { $0.flatMap { graph[$0].type?.elementType } }
        return try ErrorPropagation(node: node, types: types, rounding: comparison.rounding).outputs(inputs)
      }
      let inherited = node.uses.reduce(into: Set<ValueID>()) { $0.formUnion(origins[$1.index]) }
      for case (let value?, let estimate?) in zip(node.outputs, outputs) {
        estimates[value.index] = estimate
        origins[value.index] = inherited
        if let other = comparison.partners[value], !excluded.contains(value), isRead(value, isNeeded),
          let tensor = second.tensor(other)
        {
          try compare(value, estimate, other, tensor, inherited)
        }
      }
      for value in lastUses[id.index] { estimates[value.index] = nil }
    }
    try compareOtherOutputs()
    return concluded()
  }

  /// Whether an output depends on a value: runtimes give what they like for others, such as the mask of a Dropout.
  private func isRead(_ value: ValueID, _ isNeeded: [Bool]) -> Bool {
    first.graph.index.isOutput(value) || first.graph.index.consumers(of: value).contains { isNeeded[$0.index] }
  }

  /// Outputs that no node makes, or that are several outputs of the other network.
  private mutating func compareOtherOutputs() throws(InfoldError) {
    for pair in comparison.outputs {
      guard first.producer(pair.first) == nil || comparison.partners[pair.first] != pair.second,
        let value = first.tensor(pair.first), let tensor = second.tensor(pair.second)
      else { continue }
      let isConstant = first.isConstant(pair.first)
      let estimate =
        isConstant
        ? ErrorEstimate(constant: value, relative: comparison.rounding.constants) : ErrorEstimate(exactly: value)
      try compare(pair.first, estimate, pair.second, tensor, [])
    }
  }

  private mutating func compare(
    _ value: ValueID, _ estimate: ErrorEstimate, _ other: ValueID, _ tensor: Tensor, _ inherited: Set<ValueID>
  ) throws(InfoldError) {
    compared += 1
    guard tensor.count == estimate.value.count else {
      try compareSizes(value, estimate, other, inherited)
      return
    }
    guard tensor.elementType.isFloatingPoint == estimate.value.elementType.isFloatingPoint else { return }
    let tensor = try tensor.reshaped(to: estimate.value.shape)
    let bounds = try ElementBounds(estimate)
    let difference = try bounds.difference(tensor)
    estimates[value.index] = ErrorEstimate(exactly: tensor)
    origins[value.index] = []
    let isFloat = tensor.elementType == .float64
    guard let difference else {
      if isFloat { confirmed.formUnion(inherited) }
      if inherited.isEmpty, let change = try ConstantComparison(comparison, value, other)?.difference(estimate, tensor)
      {
        findings.append((finding(value, other, change, bounds, tensor), []))
      }
      return
    }
    let finding = finding(value, other, difference, bounds, tensor)
    if isFloat, !first.graph.index.isOutput(value),
      let map = try ChannelMap.find(estimate.value, bound: bounds.limits, tensor)
    {
      estimates[value.index] = ErrorEstimate(exactly: try map.undone(tensor))
      maps[value] = map
      if inherited.isEmpty { suspects[value] = finding }
      origins[value.index] = inherited.isEmpty ? [value] : inherited
      return
    }
    findings.append((finding, inherited))
  }

  /// A value of another size is what differs where something behind it does. The first network's own numbers are then taken further.
  private mutating func compareSizes(
    _ value: ValueID, _ estimate: ErrorEstimate, _ other: ValueID, _ inherited: Set<ValueID>
  ) throws(InfoldError) {
    let finding = StepwiseComparison.Finding(
      value: value, other: other, difference: .infinity, allowed: 0, largest: try ElementBounds(estimate).largest,
      place: [], count: estimate.value.count)
    if first.graph.index.isOutput(value) { findings.append((finding, inherited)) }
    guard inherited.isEmpty else { return }
    suspects[value] = finding
    origins[value.index] = [value]
  }

  private func finding(
    _ value: ValueID, _ other: ValueID, _ difference: ElementBounds.Difference, _ bounds: ElementBounds,
    _ tensor: Tensor
  ) -> StepwiseComparison.Finding {
    var place: [Int] = [], rest = difference.index
    for size in tensor.shape.reversed() {
      place.insert(rest % size, at: 0)
      rest /= size
    }
    return StepwiseComparison.Finding(
      value: value, other: other, difference: difference.amount, allowed: difference.allowed, largest: bounds.largest,
      place: place, count: difference.count)
  }

  /// A value behind a map that nothing undoes is right; the one at which the map began is not.
  private func concluded() -> StepwiseComparison.Result {
    var result = StepwiseComparison.Result(compared: compared)
    var blamed: Set<ValueID> = []
    for (finding, origins) in findings {
      let open = origins.subtracting(confirmed).min { $0.index < $1.index }
      let found = open.flatMap { suspects[$0] } ?? finding
      if blamed.insert(found.value).inserted { result.findings.append(found) }
    }
    let places = first.places
    result.findings.sort { places[$0.value, default: 0] < places[$1.value, default: 0] }
    result.maps = maps.filter { !blamed.contains($0.key) }
    return result
  }
}

/// How far each element of a value may be from another network's.
struct ElementBounds {
  private let value: Tensor
  /// For each element.
  let limits: [Double]
  /// The largest magnitude of an element.
  let largest: Double

  /// An element that is too far away.
  struct Difference {
    let amount: Double
    let allowed: Double
    let index: Int
    let count: Int
  }

  init(_ estimate: ErrorEstimate) throws(InfoldError) {
    value = estimate.value
    guard value.elementType == .float64 else {
      limits = try estimate.error?.elements(as: Double.self) ?? Array(repeating: 0, count: value.count)
      largest = try value.numbers().reduce(0) { max($0, $1.magnitude) }
      return
    }
    let largest = value.largestMagnitude, floor = RoundingModel.floor * largest
    self.largest = largest
    limits =
      try estimate.total()?.elements(as: Double.self).map { 1.01 * $0 + floor }
      ?? Array(repeating: floor, count: value.count)
  }

  /// The largest difference from `other` beyond the bounds, against them; `nil` where there is none.
  func difference(_ other: Tensor) throws(InfoldError) -> Difference? {
    let a = try value.numbers(), b = try other.numbers()
    var worst = (excess: 0.0, index: -1, amount: 0.0), count = 0
    for index in a.indices {
      let (x, y) = (a[index], b[index])
      if x == y || x.isNaN && y.isNaN { continue }
      let amount = (x - y).magnitude.isNaN ? .infinity : (x - y).magnitude
      // Where the error is not finite, nothing is known.
      guard amount > limits[index], limits[index] < .infinity else { continue }
      count += 1
      let excess = amount - limits[index]
      if excess > worst.excess { worst = (excess, index, amount) }
    }
    guard count > 0 else { return nil }
    return Difference(amount: worst.amount, allowed: limits[worst.index], index: worst.index, count: count)
  }

  /// The largest difference from `other`, however small; `nil` where there is no more than double precision explains.
  func anyDifference(_ other: Tensor) throws(InfoldError) -> Difference? {
    guard value.elementType == .float64 else { return nil }
    let a = try value.elements(as: Double.self), b = try other.elements(as: Double.self)
    let floor = RoundingModel.floor * largest
    var worst = (index: -1, amount: 0.0), count = 0
    for index in a.indices where (a[index] - b[index]).magnitude > floor {
      count += 1
      let amount = (a[index] - b[index]).magnitude
      if amount > worst.amount { worst = (index, amount) }
    }
    return count > 0 && worst.amount < .infinity
      ? Difference(amount: worst.amount, allowed: limits[worst.index], index: worst.index, count: count) : nil
  }
}

import InfoldGraph
import InfoldSystem
import InfoldTensor

/// One pass over the nodes of the first network.
struct ComparisonWalk {
  /// The state of a pass before a node.
  struct Checkpoint {
    let walk: ComparisonWalk
    let node: Int
  }

  private let comparison: StepwiseComparison
  /// Values that the pass neither compares nor takes from the second network.
  var excluded: Set<ValueID> = []
  /// The results of layer tests, in this pass or an earlier one.
  var layers: [ValueID: ConstantDifference?] = [:]
  private var estimates: [ErrorEstimate?]
  /// For each value, the values whose channel maps its estimate relies on.
  private var origins: [Set<ValueID>]
  /// Values whose channel maps a later value has shown to be undone.
  private var confirmed: Set<ValueID> = []
  private var maps: [ValueID: ChannelMap] = [:]
  /// For each value with a channel map, the finding to report if nothing undoes the map.
  private var suspects: [ValueID: StepwiseComparison.Finding] = [:]
  private var findings: [(finding: StepwiseComparison.Finding, origins: Set<ValueID>)] = []
  private var steps: [StepwiseComparison.Step] = []
  /// Layers whose outputs have no match in the second network so far.
  private var pending: [ValueID: PendingLayer] = [:]
  private var checkpoints: [ValueID: Checkpoint] = [:]

  private var first: ComparedRun { comparison.first }
  private var second: ComparedRun { comparison.second }

  init(_ comparison: StepwiseComparison) throws(InfoldError) {
    self.comparison = comparison
    let run = comparison.first
    estimates = try run.graph.valueIDs.map { id throws(InfoldError) in
      guard let tensor = run.tensor(id) else { return nil }
      if run.isConstant(id) {
        return ErrorEstimate(constant: tensor, relative: comparison.rounding.constants)
      }
      guard run.producer(id) == nil else { return nil }
      // The second network's input may have been rounded to a narrower type.
      guard let partner = comparison.partners[id], let other = try comparison.tensor(partner),
        other.count == tensor.count, other.elementType == tensor.elementType
      else { return ErrorEstimate(exactly: tensor) }
      return ErrorEstimate(exactly: try other.reshaped(to: tensor.shape))
    }
    origins = Array(repeating: [], count: run.graph.values.count)
  }

  /// Visits the nodes from index `start` on.
  mutating func result(from start: Int) throws(InfoldError) -> StepwiseComparison.Result {
    let graph = first.graph
    let isNeeded = graph.neededNodes(), lastUses = graph.lastUses(of: isNeeded)
    for id in graph.nodeIDs where id.index >= start && isNeeded[id.index] {
      try Interruption.check()
      let (findings, steps) = (findings.count, steps.count)
      let (confirmed, maps, suspects, pending) = (confirmed, maps, suspects, pending)
      try visit(id, isNeeded)
      if findings < self.findings.count || suspects.count < self.suspects.count {
        var before = self
        before.findings.removeLast(self.findings.count - findings)
        before.steps.removeLast(self.steps.count - steps)
        (before.confirmed, before.maps, before.suspects, before.pending) = (confirmed, maps, suspects, pending)
        keep(before, id)
      }
      for value in lastUses[id.index] {
        estimates[value.index] = nil
        self.pending[value] = nil
      }
    }
    try compareOtherOutputs()
    return concluded()
  }

  private mutating func keep(_ before: ComparisonWalk, _ id: NodeID) {
    var before = before
    before.checkpoints = [:]
    for value in first.graph[id].definitions {
      before.estimates[value.index] = nil
      before.origins[value.index] = []
    }
    for value in first.graph[id].definitions { checkpoints[value] = Checkpoint(walk: before, node: id.index) }
  }

  private mutating func visit(_ id: NodeID, _ isNeeded: [Bool]) throws(InfoldError) {
    let graph = first.graph, node = graph[id]
    let inputs = node.operands.map { $0.flatMap { estimates[$0.index] } }
    let outputs = try annotatingErrors({ $0.atNode(graph.label(of: node)) }) { () throws(InfoldError) in
      let types = node.operands.map { $0.flatMap { graph[$0].type?.elementType } }
      return try ErrorPropagation(node: node, types: types, rounding: comparison.rounding).outputs(inputs)
    }
    let inherited = node.uses.reduce(into: Set<ValueID>()) { $0.formUnion(origins[$1.index]) }
    if inherited.isEmpty { note(node, id, inputs, outputs) }
    for case (let value?, let estimate?) in zip(node.outputs, outputs) {
      estimates[value.index] = estimate
      origins[value.index] = inherited
      if let other = comparison.partners[value], !excluded.contains(value), isRead(value, isNeeded),
        let tensor = try comparison.tensor(other)
      {
        try compare(value, estimate, other, tensor, inherited)
      }
    }
  }

  /// Keeps a layer until a later value has a match in the second network.
  private mutating func note(_ node: Node, _ id: NodeID, _ inputs: [ErrorEstimate?], _ outputs: [ErrorEstimate?]) {
    guard node.outputs.count == 1, let value = node.outputs[0], let output = outputs[0]?.value,
      output.elementType == .float64, node.captures.isEmpty
    else { return }
    let operands = inputs.map { $0?.value }
    if node.typed?.linearForm != nil, let input = node.inputs[0], let weight = node.inputs[1],
      first.dependsOnInputs[input.index], !first.dependsOnInputs[weight.index], inputs[0]?.isUncertain == false
    {
      pending[value] = PendingLayer(id, input: input, weight: weight, operands: operands, output: output)
      return
    }
    let sources = node.inputs.indices.filter { node.inputs[$0].map { pending[$0] != nil } ?? false }
    guard sources.count == 1, let layer = node.inputs[sources[0]].flatMap({ pending[$0] }) else { return }
    pending[value] = layer.followed(by: node, operands: operands, place: sources[0], output: output)
  }

  /// Whether an output of the graph depends on a value. Runtimes may write anything to other
  /// values, such as the mask of a Dropout.
  private func isRead(_ value: ValueID, _ isNeeded: [Bool]) -> Bool {
    first.graph.index.isOutput(value) || first.graph.index.consumers(of: value).contains { isNeeded[$0.index] }
  }

  /// Compares outputs that are not computed by nodes, and outputs that match several outputs of the
  /// other network.
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
    guard tensor.count == estimate.value.count else {
      steps.append(StepwiseComparison.Step(value: value, other: other, measured: .init()))
      try compareSizes(value, estimate, other, inherited)
      return
    }
    let layer = pending.removeValue(forKey: value)
    let isComparable = tensor.elementType.isFloatingPoint == estimate.value.elementType.isFloatingPoint
    guard isComparable || first.graph.index.isOutput(value) else { return }
    let tensor = try tensor.reshaped(to: estimate.value.shape)
    let bounds = try ElementBounds(estimate)
    let measured = try bounds.measure(tensor)
    steps.append(StepwiseComparison.Step(value: value, other: other, measured: measured))
    guard isComparable else {
      if let difference = measured.difference ?? measured.unbounded {
        findings.append((finding(value, other, difference, bounds, tensor), inherited))
      }
      return
    }
    estimates[value.index] = ErrorEstimate(exactly: tensor)
    origins[value.index] = []
    let isFloat = tensor.elementType == .float64
    // What no bound explains must not pass at an output.
    let unbounded = first.graph.index.isOutput(value) ? measured.unbounded : nil
    guard let difference = measured.difference ?? unbounded else {
      if isFloat, measured.isTight() { confirmed.formUnion(inherited) }
      if inherited.isEmpty { try compareConstants(value, estimate, other, tensor, bounds, layer) }
      return
    }
    var finding = finding(value, other, difference, bounds, tensor)
    if isFloat, !first.graph.index.isOutput(value),
      let map = try ChannelMap.find(estimate.value, bound: bounds.limits, tensor)
    {
      // The factors are known only as exactly as the value.
      estimates[value.index] = ErrorEstimate(
        try map.undone(tensor), error: map.scales ? try Tensor(shape: estimate.value.shape, bounds.limits) : nil)
      maps[value] = map
      if inherited.isEmpty { suspects[value] = finding }
      origins[value.index] = inherited.isEmpty ? [value] : inherited
      return
    }
    if inherited.isEmpty { finding.constant = try constant(value, estimate, other, tensor, layer) }
    findings.append((finding, inherited))
  }

  /// Compares the constants of the node that computes a value within its bounds.
  private mutating func compareConstants(
    _ value: ValueID, _ estimate: ErrorEstimate, _ other: ValueID, _ tensor: Tensor, _ bounds: ElementBounds,
    _ layer: PendingLayer?
  ) throws(InfoldError) {
    guard let change = try bounds.anyDifference(tensor),
      let constant = try constant(value, estimate, other, tensor, layer)
    else { return }
    var finding = finding(value, other, change, bounds, tensor)
    finding.constant = constant
    findings.append((finding, []))
  }

  private mutating func constant(
    _ value: ValueID, _ estimate: ErrorEstimate, _ other: ValueID, _ tensor: Tensor, _ layer: PendingLayer?
  ) throws(InfoldError) -> ConstantDifference? {
    if let constant = try ConstantComparison(comparison, value, other)?.difference() { return constant }
    guard let layer, tensor.elementType == .float64 else { return nil }
    if let known = layers[value] { return known }
    let found = try LayerComparison(comparison: comparison, layer: layer, value: value, other: other)
      .difference(estimate.value, tensor)
    layers[value] = .some(found)
    return found
  }

  /// Records a value with a different number of elements. It is reported only if a later value
  /// differs; the pass continues with the first network's own elements.
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
    StepwiseComparison.Finding(
      value: value, other: other, difference: difference.amount, allowed: difference.allowed, largest: bounds.largest,
      place: tensor.shape.position(of: difference.index), count: difference.count)
  }

  /// Returns the result of the pass. A finding that relies on a channel map that nothing undoes is
  /// replaced by the value at which the map begins.
  private func concluded() -> StepwiseComparison.Result {
    var result = StepwiseComparison.Result(steps: steps, checkpoints: checkpoints, layers: layers)
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

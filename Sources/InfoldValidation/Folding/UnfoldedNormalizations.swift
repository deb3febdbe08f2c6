import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Collects, during a validation, the results of the batch normalizations that are not folded.
struct UnfoldedNormalizations: Sendable {
  fileprivate struct Entry: Sendable {
    var report: UnfoldedNormalization
    /// The node's name in plans.
    let name: String
    /// The value that it writes.
    let output: String
    /// The five inputs. Empty for a node that cannot be traced.
    var operands: [ValueID] = []
    var check: NormalizationCheck?
  }

  fileprivate var entries: [Entry] = []
  /// The known inputs of normalizations that wait for other inputs.
  private var known: [ValueID: Tensor] = [:]
  private var constants: [ValueID: Tensor] = [:]

  /// - Parameters:
  ///   - graph: The network as a session simplifies it, before folding.
  ///   - left: The network after folding.
  ///   - refusals: Why normalizations are not folded.
  ///   - isForeign: Whether another tool folded the network.
  ///   - options: The options of the sessions.
  init(
    _ graph: Graph, left: Graph, refusals: [ValidationReport.Refusal], isForeign: Bool, _ options: SessionOptions
  ) throws(InfoldError) {
    let reasons = Dictionary(refusals.map { ($0.node, $0.reason) }) { first, _ in first }
    let places = Dictionary(
      graph.nodeIDs.compactMap { id in graph[id].outputs.first?.map { (graph[$0].name, id) } }
    ) { first, _ in first }
    for node in left.nodes where node.isNormalization {
      let label = left.label(of: node)
      let id =
        node.outputs[0].flatMap { places[left[$0].name] }
        ?? graph.nodeIDs.first { !node.name.isEmpty && graph[$0].name == node.name && graph[$0].isNormalization }
      let own = id.map { graph.label(of: graph[$0]) }
      let reason =
        own.flatMap { reasons[$0] } ?? reasons[label]
        ?? (isForeign ? "the file does not fold it, although Infold would" : "no operator with weights can absorb it")
      try add(node, label, reason, of: id, graph, left, options)
    }
    // Normalizations in bodies are known only from the refusals of the folding.
    let isNested = refusals.filter {
      $0.node.contains("(\(BatchNormalization.name))") && $0.node.contains(" in a body of ")
    }
    for refusal in isNested where !isForeign {
      entries.append(
        Entry(
          report: UnfoldedNormalization(
            node: refusal.node, reason: refusal.reason, form: .perFeatureMap, computation: .inBody, opset: 0), name: "",
          output: "")
      )
    }
  }

  private mutating func add(
    _ node: Node, _ label: String, _ reason: String, of id: NodeID?, _ graph: Graph, _ left: Graph,
    _ options: SessionOptions
  ) throws(InfoldError) {
    let form = (node.typed as? BatchNormalization).map(NormalizationCheck.form) ?? .perFeatureMap
    var entry = Entry(
      report: UnfoldedNormalization(
        node: label, reason: reason, form: form,
        computation: form == .perFeatureMap || form == .perActivation ? .scaleAndShift : .batchStatistics,
        opset: node.opsetVersion), name: left.reference(to: node), output: node.outputs[0].map { left[$0].name } ?? "")
    if let id, graph[id].isNormalization, let check = try NormalizationCheck(graph[id], in: graph, options) {
      entry.check = check
      entry.report.computation = check.computation
      entry.operands = graph[id].inputs.prefix(5).compactMap { $0 }
      for operand in entry.operands { if let tensor = graph.constant(operand) { constants[operand] = tensor } }
    }
    entries.append(entry)
  }

  /// The values to trace.
  var observed: Set<ValueID> { Set(entries.flatMap(\.operands)).subtracting(constants.keys) }

  /// Adds a value of the network.
  mutating func add(_ value: ValueID, _ tensor: Tensor) throws(InfoldError) {
    known[value] = tensor
    for index in entries.indices where entries[index].operands.contains(value) {
      let operands = entries[index].operands.compactMap { known[$0] ?? constants[$0] }
      guard operands.count == 5 else { continue }
      try annotatingErrors({ $0.atNode(entries[index].report.node) }) { () throws(InfoldError) in
        try entries[index].check!.add(operands)
      }
    }
    // Keep the tensor only while a node that reads it still waits for another input.
    if !entries.contains(where: { $0.operands.contains(value) && waits($0) }) { known[value] = nil }
  }

  private func waits(_ entry: Entry) -> Bool {
    entry.operands.contains { known[$0] == nil && constants[$0] == nil }
  }

  /// Discards the tensors of a sample.
  mutating func endSample() { known = [:] }

  /// The reports.
  /// - Parameters:
  ///   - multiplications: The number of multiplications in the definitions of the network's
  ///     operators.
  ///   - planned: The names of the values that nodes of the planned network write. `nil` if
  ///     unknown.
  ///   - times: The steps of a session with their times.
  func reports(multiplications: Int, planned: Set<String>?, times: [LayerTime]) -> [UnfoldedNormalization] {
    let own = entries.reduce(0.0) { $0 + Double($1.multiplications) }
    return entries.map { entry in
      var report = entry.report
      guard let check = entry.check, check.elements > 0 else { return report }
      report.results = check.results
      report.miniBatch = check.miniBatch
      report.passed = check.failure == nil
      report.failure = check.failure
      if let planned, !planned.contains(entry.output) { report.computation = .merged }
      var cost = UnfoldedNormalization.Cost()
      cost.elements = check.elements
      cost.multiplications = entry.multiplications
      let total = Double(multiplications) + own
      cost.shareOfMultiplications = total > 0 ? Double(entry.multiplications) / total : 0
      if !times.isEmpty {
        let steps = times.filter { $0.nodes.contains(entry.name) }
        let all = times.reduce(0.0) { $0 + Double($1.nanoseconds) }
        let mine = steps.reduce(0.0) { $0 + Double($1.nanoseconds) }
        if !steps.isEmpty {
          cost.nanoseconds = Int(mine)
          cost.shareOfTime = all > 0 ? mine / all : 0
          cost.sharedWith = steps.flatMap(\.nodes).filter { $0 != entry.name }
        }
      }
      report.cost = cost
      return report
    }
  }
}

extension UnfoldedNormalizations.Entry {
  /// The number of multiplications for the last sample.
  fileprivate var multiplications: Int {
    let each =
      switch report.computation {
      case .scaleAndShift, .merged, .inBody: 1
      case .definition: 2
      // By the square of each deviation, by 1 ÷ √(σ² + ε), and by γ.
      case .batchStatistics: 3
      }
    return saturatedProduct(check?.elements ?? 0, each)
  }
}

import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Folds a graph including everything nested in it: functions, branches, and bodies of If and Loop.
struct NestedFolding {
  /// All names in use. A body must not redefine a name of an outer graph.
  private var names = NameRegistry()
  /// The opset versions of the model that the graph is written with, or `nil` if it is not written.
  private var opsets: OpsetVersions?
  /// Whether functions and decided branches are inlined where that helps.
  private let opens: Bool
  /// Whether the graph contains any nested graphs.
  private let isNested: Bool
  /// The nesting depth of the graph that is being folded.
  private var depth = 0

  /// The depth from which on everything is inlined without a trial. A trial traverses all bodies,
  /// and for nested bodies it would do so repeatedly.
  private static let trialDepth = 2

  /// Prepares folding.
  /// - Parameters:
  ///   - graph: The outermost graph.
  ///   - opsets: The model's opset imports, if the graph is to be written.
  ///   - opens: Whether functions and decided branches may be inlined.
  init(for graph: borrowing Graph, opsets: [Model.OpsetImport]? = nil, opens: Bool = true) {
    self.opens = opens
    self.opsets = opsets.map(OpsetVersions.init)
    isNested = graph.nodes.contains { $0.body != nil || !$0.attributes.bodies.isEmpty }
    if isNested { graph.takeNames(&names) }
  }

  /// The opset imports that the model needs in addition to its own.
  var furtherOpsets: [Model.OpsetImport] { opsets?.further ?? [] }

  /// Folds a graph including everything nested in it.
  mutating func fold(_ graph: consuming Graph) throws(InfoldError) -> (graph: Graph, report: FoldReport) {
    var report = FoldReport()
    if isNested {
      if opens { report.refusals = try open(&graph) }
      try foldBodies(of: &graph, &report)
    }
    if opens, opsets?.versions[""].map({ $0 >= 13 }) ?? true {
      graph.recordConstants()
      try foldQuantizedWeights(of: &graph, &report)
    }
    var own: FoldReport
    (graph, own) = try foldFlat(consume graph)
    graph.discardRecordedConstants()
    own.scaledQuantizations = report.scaledQuantizations
    own.innerSites = report.innerSites
    own.foldedNormalizations += report.foldedNormalizations
    own.refusals += report.refusals
    return (graph, own)
  }

  /// Folds a graph without nested graphs.
  private mutating func foldFlat(
    _ graph: consuming Graph
  ) throws(InfoldError) -> (graph: Graph, report: FoldReport) {
    let plan = try FoldPlan(&graph)
    var (editor, report) = try FoldRewriter(consume graph, plan, reserved: names).rewritten()
    if isNested { names = editor.names }
    return (editor.graph, report)
  }

  /// Folds normalizations into the scales of quantized weights, like a session.
  private func foldQuantizedWeights(of graph: inout Graph, _ report: inout FoldReport) throws(InfoldError) {
    let pass = try FoldIntoQuantizedWeights().run(on: graph)
    guard !pass.changes.isEmpty else { return }
    graph = pass.graph
    report.scaledQuantizations = pass.changes.map(\.node)
    report.foldedNormalizations += pass.changes.count
    try graph.inferTypes()
  }
}

// MARK: - Bodies of If and Loop

extension NestedFolding {
  /// Folds the bodies of a graph's nodes. Weights of the graph that only a body reads move into the
  /// body.
  private mutating func foldBodies(
    of graph: inout Graph, _ report: inout FoldReport
  ) throws(InfoldError) {
    for node in graph.nodes where !(node.typed is any BodyOperator) {
      let owner = graph.label(of: node)
      report.refusals += node.attributes.bodies.flatMap(\.graph.normalizations).map {
        FoldReport.Refusal(node: "\($0) in a body of \(owner)", reason: "\(owner) is not supported")
      }
    }
    guard graph.nodes.contains(where: { $0.typed is any BodyOperator }) else { return }
    graph.recordComputedConstants()
    for id in graph.nodeIDs where graph[id].typed is any BodyOperator {
      let owner = graph.label(of: graph[id])
      var attributes = graph[id].attributes
      var isChanged = false
      for body in graph.bodies(of: id) {
        guard let typed = body.typed else {
          report.refusals += body.graph.normalizations.map {
            FoldReport.Refusal(
              node: "\($0) in a body of \(owner)", reason: "the types of the body's values are unknown")
          }
          continue
        }
        depth += 1
        var (folded, inner) = try fold(typed)
        depth -= 1
        report.add(body: inner, of: owner)
        guard inner.foldsAnything else { continue }
        folded.dropUnusedCaptures()
        attributes[body.attribute] = .graph(folded)
        isChanged = true
      }
      if isChanged { graph[id] = try graph[id].replacing(bodies: attributes) }
    }
  }
}

// MARK: - Functions and decided branches

extension NestedFolding {
  /// The result of folding with all functions and decided branches inlined.
  private struct Trial {
    /// The graph.
    var graph: Graph
    /// The first outputs of the nodes in which something is folded.
    var touched: Set<ValueID> = []
    /// The number of folded nodes.
    var foldedCount: Int
    /// The refusals inside functions and branches.
    var refusals: [FoldReport.Refusal] = []
  }

  /// Inlines functions and decided branches in which something is folded.
  /// - Returns: The reasons why normalizations in the others are kept.
  private mutating func open(
    _ graph: inout Graph
  ) throws(InfoldError) -> [FoldReport.Refusal] {
    guard graph.hasInlinable else { return [] }
    let refusals = opsets?.refusals(in: graph) ?? []
    guard depth < Self.trialDepth else {
      if let opened = try opened(graph) { graph = opened.graph }
      try prepareForWriting(&graph)
      return refusals
    }
    guard let first = try trial(graph) else { return refusals }
    var current = first
    while !current.touched.isEmpty {
      var opened = PassResult(graph: graph)
      var origins: [ValueID: ValueID] = [:]
      let (touched, opsets) = (current.touched, opsets)
      let isDone = try InlineBodies().inlineOnce(&opened, &origins, reserved: names) { node in
        (opsets?.admits(node) ?? true) && node.definitions.contains(where: touched.contains)
      }
      guard isDone else { break }
      graph = opened.graph
      try graph.inferTypes()
      guard let next = try trial(graph) else { break }
      current = next
    }
    // The nodes between an operator and a normalization may also be in a function.
    if try count(graph) < first.foldedCount { graph = first.graph }
    try prepareForWriting(&graph)
    return refusals + (graph.hasInlinable ? current.refusals : [])
  }

  /// Prepares a graph with inlined functions for writing.
  private mutating func prepareForWriting(_ graph: inout Graph) throws(InfoldError) {
    guard opsets != nil else { return }
    opsets?.add(graph)
    try graph.resolveBodyNames(avoiding: &names)
  }

  /// Returns the graph after inlining every body that may be inlined, with types, and the origins
  /// of its values in functions and branches.
  /// - Returns: `nil` if there is nothing to inline.
  private func opened(_ graph: Graph) throws(InfoldError) -> (graph: Graph, origins: [ValueID: ValueID])? {
    var opened = PassResult(graph: graph)
    var origins: [ValueID: ValueID] = [:]
    var isOpen = false
    while opened.graph.hasInlinable {
      guard
        try InlineBodies().inlineOnce(
          &opened, &origins, reserved: names, where: { [opsets] in opsets?.admits($0) ?? true })
      else { break }
      isOpen = true
    }
    guard isOpen else { return nil }
    try opened.graph.inferTypes()
    return (opened.graph, origins)
  }

  /// Folds with everything inlined.
  /// - Returns: `nil` if there is nothing to inline.
  private func trial(_ graph: Graph) throws(InfoldError) -> Trial? {
    guard let opened = try opened(graph) else { return nil }
    var full = opened.graph
    let plan = try FoldPlan(&full)
    var trial = Trial(graph: full, foldedCount: plan.folds.count)
    var nodes = Set(plan.rewritten.keys).union(plan.folds.map(\.node))
    // Bodies in which something may be folded.
    for id in full.nodeIDs where full[id].typed is any BodyOperator {
      var copy = self
      var inner = full, report = FoldReport()
      inner.replaceNodes([full[id]])
      try copy.foldBodies(of: &inner, &report)
      if report.foldsAnything { nodes.insert(id) }
      trial.foldedCount += report.foldedNormalizations
    }
    // The nodes that compute the constants.
    var open = Array(nodes)
    while let id = open.popLast() {
      if let origin = full[id].definitions.lazy.compactMap({ opened.origins[$0] }).first {
        trial.touched.insert(origin)
      }
      for input in full[id].uses where full.constant(input) != nil {
        if let producer = full.index.producer(of: input), nodes.insert(producer).inserted { open.append(producer) }
      }
    }
    for (id, reason) in plan.refusals where full[id].definitions.contains(where: { opened.origins[$0] != nil }) {
      trial.refusals.append(FoldReport.Refusal(node: full.label(of: full[id]), reason: reason))
    }
    return trial
  }

  /// Returns the number of folded nodes in a graph, including its bodies, without inlining
  /// functions.
  private func count(_ graph: Graph) throws(InfoldError) -> Int {
    var (copy, inner, report) = (self, graph, FoldReport())
    let plan = try FoldPlan(&inner)
    try copy.foldBodies(of: &inner, &report)
    return plan.folds.count + report.foldedNormalizations
  }
}

import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Folds a graph with what lies inside of it: functions, branches, and bodies of If and Loop.
struct NestedFolding {
  /// The names that are taken anywhere, for a body must not use one of the graphs around it anew.
  private var names = NameRegistry()
  /// The operator sets of the model that the graph is written with; `nil` for one that is not written.
  private var opsets: OpsetVersions?
  /// Whether functions and known branches take the place of their nodes where that helps.
  private let opens: Bool
  /// Whether there is anything inside of the graph at all.
  private let isNested: Bool
  /// How many bodies the graph that is folded lies in.
  private var depth = 0

  /// The depth from which on it is not tried out what is worth opening: everything is opened. Trying out goes into all bodies, and
  /// would do so again and again for bodies in bodies.
  private static let trialDepth = 2

  /// - Parameters:
  ///   - graph: The outermost graph.
  ///   - opsets: Those that the model imports, where the graph is to be written.
  ///   - opens: Whether functions and known branches may take the place of their nodes.
  init(for graph: borrowing Graph, opsets: [Model.OpsetImport]? = nil, opens: Bool = true) {
    self.opens = opens
    self.opsets = opsets.map(OpsetVersions.init)
    isNested = graph.nodes.contains { $0.body != nil || !$0.attributes.bodies.isEmpty }
    if isNested { graph.takeNames(&names) }
  }

  /// What the model has to import beside its own operator sets.
  var furtherOpsets: [Model.OpsetImport] { opsets?.further ?? [] }

  /// Folds a graph with what lies inside of it.
  mutating func fold(_ graph: consuming Graph) throws(InfoldError) -> (graph: Graph, report: FoldReport) {
    var report = FoldReport()
    if isNested {
      if opens { report.refusals = try open(&graph) }
      try foldBodies(of: &graph, &report)
    }
    if opens, opsets?.versions[""].map({ $0 >= 13 }) ?? true {
      graph.learnConstants()
      try foldQuantizedWeights(of: &graph, &report)
    }
    var own: FoldReport
    (graph, own) = try foldFlat(consume graph)
    graph.forgetLearnedConstants()
    own.scaledQuantizations = report.scaledQuantizations
    own.innerSites = report.innerSites
    own.foldedNormalizations += report.foldedNormalizations
    own.refusals += report.refusals
    return (graph, own)
  }

  /// Folds a graph without what lies inside of it.
  private mutating func foldFlat(
    _ graph: consuming Graph
  ) throws(InfoldError) -> (graph: Graph, report: FoldReport) {
    let plan = try FoldPlan(&graph)
    var (editor, report) = try FoldRewriter(consume graph, plan, reserved: names).rewritten()
    if isNested { names = editor.names }
    return (editor.graph, report)
  }

  /// Takes normalizations into the scales of weights that are quantized, as a session does it.
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
  /// Folds in the bodies of a graph's nodes. Weights of the graph that only a body reads become weights of the body.
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
    graph.learnComputedConstants()
    for id in graph.nodeIDs where graph[id].typed is any BodyOperator {
      let owner = graph.label(of: graph[id])
      var attributes = graph[id].attributes
      var isChanged = false
      for body in graph.bodies(of: id) {
        guard let typed = body.typed else {
          report.refusals += body.graph.normalizations.map {
            FoldReport.Refusal(
              node: "\($0) in a body of \(owner)", reason: "the types of the body's values are not known")
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

// MARK: - Functions and known branches

extension NestedFolding {
  /// What would be folded in a graph if all functions and known branches stood in the places of their nodes.
  private struct Trial {
    /// The graph.
    var graph: Graph
    /// The first outputs of the nodes that something is folded in.
    var touched: Set<ValueID> = []
    /// The nodes that are folded.
    var foldedCount: Int
    /// What stays in functions and branches.
    var refusals: [FoldReport.Refusal] = []
  }

  /// Puts functions and known branches in the places of their nodes where something in them is folded.
  /// - Returns: Why normalizations in others stay.
  private mutating func open(
    _ graph: inout Graph
  ) throws(InfoldError) -> [FoldReport.Refusal] {
    guard graph.hasInlinable else { return [] }
    let refusals = opsets?.refusals(in: graph) ?? []
    guard depth < Self.trialDepth else {
      if let opened = try opened(graph) { graph = opened.graph }
      try settle(&graph)
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
    // What stands between an operator and a normalization may be in a function as well.
    if try count(graph) < first.foldedCount { graph = first.graph }
    try settle(&graph)
    return refusals + (graph.hasInlinable ? current.refusals : [])
  }

  /// Makes a graph fit to be written in which functions have been opened.
  private mutating func settle(_ graph: inout Graph) throws(InfoldError) {
    guard opsets != nil else { return }
    opsets?.add(graph)
    try graph.settleNames(of: &names)
  }

  /// The graph in which everything is opened that may be, with its types, and what of it was in functions and branches.
  /// - Returns: `nil` where nothing stands for anything else.
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

  /// - Returns: `nil` where nothing stands for anything else.
  private func trial(_ graph: Graph) throws(InfoldError) -> Trial? {
    guard let opened = try opened(graph) else { return nil }
    var full = opened.graph
    let plan = try FoldPlan(&full)
    var trial = Trial(graph: full, foldedCount: plan.folds.count)
    var nodes = Set(plan.rewritten.keys).union(plan.folds.map(\.node))
    // Bodies, in which something may be folded.
    for id in full.nodeIDs where full[id].typed is any BodyOperator {
      var copy = self
      var inner = full, report = FoldReport()
      inner.replaceNodes([full[id]])
      try copy.foldBodies(of: &inner, &report)
      if report.foldsAnything { nodes.insert(id) }
      trial.foldedCount += report.foldedNormalizations
    }
    // And what computes the constants.
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

  /// The nodes that are folded in a graph, its bodies included, where functions stay closed.
  private func count(_ graph: Graph) throws(InfoldError) -> Int {
    var (copy, inner, report) = (self, graph, FoldReport())
    let plan = try FoldPlan(&inner)
    try copy.foldBodies(of: &inner, &report)
    return plan.folds.count + report.foldedNormalizations
  }
}

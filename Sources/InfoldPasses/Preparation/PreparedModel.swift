import InfoldGraph
import InfoldSystem

/// A model's graph, ready for the passes: whoever runs a model, proves something of it or rewrites it begins here, so that all of them
/// see the same network, and refuse the same.
///
/// The graph fits together, types follow from inputs and operators, functions and known branches stand in the places of their nodes, every
/// constant is an initializer, and what an output needs can be run, or is known to be runnable only once sizes are bound.
package struct PreparedModel: Sendable {
  /// The graph.
  package private(set) var graph: Graph

  /// Checks a model, and inlines.
  /// - Throws: `InfoldError` that names the file: as `init(graph:)`.
  package init(_ model: consuming Model) throws(InfoldError) {
    let path = model.path
    var graph = model.graph
    _ = consume model
    self = try annotatingErrors({ path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
      try graph.makeConsistent()
      return try PreparedModel(graph: graph)
    }
  }

  /// Inlines, and checks what operators refuse before passes may take operators away.
  /// - Precondition: `graph` is consistent.
  /// - Parameter observe: Is told what each pass did.
  /// - Throws: `InfoldError` with `.invalidModel` for types that contradict each other; `.unsupported`, listing all of them, for nodes
  ///   that no input could make runnable; the error of an operator, naming its node; `.limitExceeded`.
  package init(
    graph: consuming Graph, observe: (any GraphPass, PassResult) -> Void = { _, _ in }
  ) throws(InfoldError) {
    var graph = graph.believingInputs()
    for pass in [InlineBodies(), SettleConstants(), ReplaceSequences()] as [any GraphPass] {
      let result = try pass.run(on: consume graph)
      observe(pass, result)
      graph = result.graph
    }
    try graph.removeUnneededOpaqueNodes()
    try graph.inferTypes()
    try graph.requireRunnableOnceBound()
    self.graph = graph
  }
}

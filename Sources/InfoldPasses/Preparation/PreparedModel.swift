import InfoldGraph
import InfoldSystem

/// A model's graph, ready for the passes. Running, validating and rewriting a model all begin here,
/// so that they see the same network and reject the same models.
///
/// The graph is consistent, types follow from inputs and operators, functions and decided branches
/// are inlined, and every constant is an initializer. Every node that an output needs can be run,
/// at the latest when dynamic dimensions are bound.
package struct PreparedModel: Sendable {
  /// The graph.
  package private(set) var graph: Graph

  /// Checks a model and inlines its functions and decided branches.
  /// - Throws: The errors of `init(graph:)`, with the file named.
  package init(_ model: consuming Model) throws(InfoldError) {
    let path = model.path
    var graph = model.graph
    _ = consume model
    self = try annotatingErrors({ path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
      try graph.makeConsistent()
      return try PreparedModel(graph: graph)
    }
  }

  /// Inlines functions and decided branches, and checks what operators do not support before passes
  /// may remove operators.
  /// - Precondition: `graph` is consistent.
  /// - Parameters:
  ///   - graph: The graph.
  ///   - observe: Called with the result of each pass.
  /// - Throws: `InfoldError` with `.invalidModel` if types contradict each other; `.unsupported`,
  ///   listing all nodes that cannot run for any input; the error of an operator, with its node;
  ///   `.limitExceeded` if memory cannot be allocated.
  package init(
    graph: consuming Graph, observe: (any GraphPass, PassResult) -> Void = { _, _ in }
  ) throws(InfoldError) {
    var graph = graph.trustingOnlyInputs()
    for pass in [InlineBodies(), MaterializeConstants(), ReplaceSequences()] as [any GraphPass] {
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

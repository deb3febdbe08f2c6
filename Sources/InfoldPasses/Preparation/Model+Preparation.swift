import InfoldGraph
import InfoldSystem

extension Model {
  /// Returns the model with functions and decided branches inlined, in a form that can still be
  /// written. Unlike the network of a `PreparedModel`, it keeps its declarations.
  /// - Throws: `InfoldError` with `.invalidModel` if types contradict each other, `.unsupported` if
  ///   a function is written for other opsets than the model imports.
  package consuming func inlined() throws(InfoldError) -> Model {
    var model = self
    model.dropsUncalledFunctions = model.graph.hasCalls
    model.graph = try InlineBodies().run(on: model.graph).graph
    var opsets = OpsetVersions(model.opsetImports)
    if let node = model.graph.nodes.first(where: { !opsets.means($0) }) {
      throw InfoldError(
        .unsupported,
        "the node is written for opset \(node.opsetVersion), but the model imports another version",
        node: model.graph.label(of: node))
    }
    opsets.add(model.graph)
    model.opsetImports += opsets.further
    try model.graph.inferTypes()
    return model
  }
  /// Evaluates constants, and removes identities and dead nodes. The model can still be written.
  /// Afterwards, types are inferred.
  /// - Parameter extent: What to evaluate ahead of time.
  /// - Throws: The error of an operator, with its node, and `InfoldError` with `.limitExceeded` if
  ///   memory cannot be allocated.
  package mutating func simplify(_ extent: ConstantFolding.Extent = .all) throws(InfoldError) {
    let passes: [any GraphPass] = [
      MaterializeConstants(), ConstantFolding(extent), RemoveIdentities(), RemoveDeadCode(),
    ]
    graph = try passes.run(on: graph)
    try graph.inferTypes()
  }
}

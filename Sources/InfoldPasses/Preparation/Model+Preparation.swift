import InfoldGraph
import InfoldSystem

extension Model {
  /// The model with functions and known branches in the places of their nodes, as it can still be written: where the network of a
  /// `PreparedModel` is as it runs, this one keeps what it declares.
  /// - Throws: `InfoldError` with `.invalidModel` for types that contradict each other; `.unsupported` when a function is written for
  ///   other operator sets than the model imports.
  package consuming func inlined() throws(InfoldError) -> Model {
    var model = self
    model.dropsUncalledFunctions = model.graph.hasCalls
    model.graph = try InlineBodies().run(on: model.graph).graph
    var opsets = OpsetVersions(model.opsetImports)
    if let node = model.graph.nodes.first(where: { !opsets.means($0) }) {
      throw InfoldError(
        .unsupported,
        "the node is written for version \(node.opsetVersion) of its operators, and the model imports another",
        node: model.graph.label(of: node))
    }
    opsets.add(model.graph)
    model.opsetImports += opsets.further
    try model.graph.inferTypes()
    return model
  }
  /// Computes constants, and takes out what does nothing and what no output needs: the model can still be written. Types are inferred
  /// behind it.
  /// - Parameter extent: What is computed ahead.
  /// - Throws: The error of an operator, naming its node; `InfoldError` with `.limitExceeded`.
  package mutating func simplify(_ extent: ConstantFolding.Extent = .all) throws(InfoldError) {
    let passes: [any GraphPass] = [SettleConstants(), ConstantFolding(extent), RemoveIdentities(), RemoveDeadCode()]
    graph = try passes.run(on: graph)
    try graph.inferTypes()
  }
}

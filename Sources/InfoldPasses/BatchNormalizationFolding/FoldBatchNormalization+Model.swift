import InfoldGraph
import InfoldSystem

extension FoldBatchNormalization {
  /// Folds a model, so that it can be written. Names of inputs and outputs, metadata, documentation and operator sets stay;
  /// constants that nobody reads go.
  ///
  /// Below IR version 4 every initializer had to be listed as an input as well. Such a model is raised to version 4, where
  /// an initializer that is no input is a constant.
  /// - Returns: The folded model, what was done at each place, and whether the IR version was raised.
  /// - Throws: As `fold(_:)`.
  public func fold(_ model: Model) throws(InfoldError) -> (model: Model, report: FoldReport, raisedIRVersion: Bool) {
    var folded = model
    let report: FoldReport
    var folding = NestedFolding(for: model.graph, opsets: model.opsetImports)
    (folded.graph, report) = try folding.fold(model.graph)
    folded.opsetImports += folding.furtherOpsets
    folded.dropsUncalledFunctions = model.graph.hasCalls
    guard model.irVersion < 4 else { return (folded, report, false) }
    folded.irVersion = 4
    folded.graph.listedConstants = []
    return (folded, report, true)
  }
}

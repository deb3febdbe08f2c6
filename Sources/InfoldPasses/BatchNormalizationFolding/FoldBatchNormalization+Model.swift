import InfoldGraph
import InfoldSystem

/// A model of which batch normalizations were folded into weights, and what was done.
public struct FoldedModel: Sendable {
  /// The folded model, which can be written.
  public var model: Model
  /// What was done at each place, and why not at others.
  public var report: FoldReport
  /// Whether the IR version had to be raised to 4.
  public var raisesIRVersion: Bool
}

extension FoldBatchNormalization {
  /// Folds a model, so that it can be written. Names of inputs and outputs, metadata, documentation and operator sets stay;
  /// constants that nobody reads go.
  ///
  /// Below IR version 4 every initializer had to be listed as an input as well. Such a model is raised to version 4, where
  /// an initializer that is no input is a constant.
  /// - Throws: As `fold(_:)`.
  public func fold(_ model: Model) throws(InfoldError) -> FoldedModel {
    var folded = model
    let report: FoldReport
    var folding = NestedFolding(for: model.graph, opsets: model.opsetImports)
    (folded.graph, report) = try folding.fold(model.graph)
    folded.opsetImports += folding.furtherOpsets
    folded.dropsUncalledFunctions = model.graph.hasCalls
    let isRaised = model.irVersion < 4
    if isRaised { folded.raiseToIRVersion4() }
    return FoldedModel(model: folded, report: report, raisesIRVersion: isRaised)
  }
}

import InfoldGraph
import InfoldSystem

extension FoldBatchNormalization {
  /// Folds a model, so that it can be written again. Names of inputs and outputs, metadata,
  /// documentation and opset imports are preserved. Unused constants are removed.
  ///
  /// Before IR version 4, every initializer had to be listed as an input as well. Such a model is
  /// raised to version 4, where an initializer that is not an input is a constant.
  /// - Throws: The errors of `fold(_:)` for a graph.
  public func fold(_ model: Model) throws(InfoldError) -> FoldedModel {
    var folded = model
    var folding = NestedFolding(for: model.graph, opsets: model.opsetImports)
    let (graph, report) = try folding.fold(model.graph)
    folded.graph = graph
    folded.opsetImports += folding.furtherOpsets
    folded.dropsUncalledFunctions = model.graph.hasCalls
    let isRaised = model.irVersion < 4
    if isRaised { folded.raiseToIRVersion4() }
    return FoldedModel(model: folded, report: report, raisedIRVersion: isRaised)
  }
}

/// A model with folded batch normalization, and the report of the folding.
public struct FoldedModel: Sendable, CustomStringConvertible {
  /// The folded model.
  public var model: Model
  /// The fold sites, and the reasons why other nodes were not folded.
  public var report: FoldReport
  /// Whether the IR version was raised to 4.
  public var raisedIRVersion: Bool

  public var description: String { "\(model); \(report)" }
}

/// A graph with folded batch normalization, and the report of the folding.
public struct FoldedGraph: Sendable, CustomStringConvertible {
  /// The folded graph.
  public var graph: Graph
  /// The fold sites, and the reasons why other nodes were not folded.
  public var report: FoldReport

  public var description: String { "\(graph); \(report)" }
}

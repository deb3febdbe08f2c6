import InfoldGraph
import InfoldSystem

/// A rewrite of a graph that preserves what it computes.
public protocol GraphPass: Sendable {
  /// The name of the pass in reports.
  static var name: String { get }

  /// Rewrites `graph`. If the caller transfers ownership of the graph, its constants may be
  /// modified in place.
  /// - Returns: The new graph, the changes, and the refusals with their reasons.
  func run(on graph: consuming Graph) throws(InfoldError) -> PassResult
}

extension Sequence<any GraphPass> {
  /// Runs the passes in order.
  package func run(on graph: consuming Graph) throws(InfoldError) -> Graph {
    for pass in self { graph = try pass.run(on: consume graph).graph }
    return graph
  }
}

/// The result of a pass.
public struct PassResult: Sendable {
  /// A node that a pass changed or refused to change.
  public struct Entry: Sendable, Hashable {
    /// The label of the node.
    public var node: String
    /// The change, or the reason for the refusal.
    public var description: String

    /// Creates an entry.
    public init(node: String, _ description: String) {
      self.node = node
      self.description = description
    }
  }

  /// The graph after the pass.
  public var graph: Graph
  /// The changes.
  public var changes: [Entry]
  /// The changes that seemed possible but were refused, with the reasons.
  public var refusals: [Entry]

  /// Creates a result.
  public init(graph: Graph, changes: [Entry] = [], refusals: [Entry] = []) {
    self.graph = graph
    self.changes = changes
    self.refusals = refusals
  }
}

extension PassResult: CustomStringConvertible {
  /// The numbers of changes and refusals in one line. `changes` and `refusals` list them.
  public var description: String {
    "\(counted(changes.count, "change")), \(counted(refusals.count, "refusal")); \(graph)"
  }
}

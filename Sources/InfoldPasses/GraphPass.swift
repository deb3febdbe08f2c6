import InfoldGraph
import InfoldSystem

/// A rewriting of a graph that keeps what it computes.
public protocol GraphPass: Sendable {
  /// The name, for reports.
  static var name: String { get }

  /// Rewrites `graph`. A caller who has no more use for it hands it over, and its constants may be changed where they are.
  /// - Returns: The new graph, what was done, and what was refused and why.
  func run(on graph: consuming Graph) throws(InfoldError) -> PassResult
}

extension Sequence<any GraphPass> {
  /// Runs the passes one after the other.
  package func run(on graph: consuming Graph) throws(InfoldError) -> Graph {
    for pass in self { graph = try pass.run(on: consume graph).graph }
    return graph
  }
}

/// What a pass did.
public struct PassResult: Sendable {
  /// One place where a pass acted, or declined to.
  public struct Entry: Sendable, Hashable {
    /// The node, as errors call it.
    public var node: String
    /// What was done there, or why nothing was.
    public var description: String

    /// An entry.
    public init(node: String, _ description: String) {
      self.node = node
      self.description = description
    }
  }

  /// The graph afterwards.
  public var graph: Graph
  /// What was done.
  public var changes: [Entry]
  /// What looked possible and was not done, with the reasons.
  public var refusals: [Entry]

  /// A result.
  public init(graph: Graph, changes: [Entry] = [], refusals: [Entry] = []) {
    self.graph = graph
    self.changes = changes
    self.refusals = refusals
  }
}

extension PassResult: CustomStringConvertible {
  /// One line: how much was done, and how much was refused. `changes` and `refusals` say where.
  public var description: String {
    "\(counted(changes.count, "change")), \(counted(refusals.count, "refusal")); \(graph)"
  }
}

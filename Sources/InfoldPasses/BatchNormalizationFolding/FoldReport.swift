import InfoldGraph
import InfoldSystem

/// The result of folding, in terms of the graph before and after.
public struct FoldReport: Sendable {
  /// A linear operator that absorbed the channel maps around it.
  public struct Site: Sendable {
    /// The label of the operator's node in errors and reports.
    public var node: String
    /// The operator's name, such as `Conv`.
    public var opType: String
    /// The operator's node in the graph before folding.
    public var original: NodeID
    /// The value that the operator produces in the graph before folding.
    public var originalOutput: ValueID
    /// The labels of the absorbed nodes, in the order of the data.
    public var absorbed: [String]
    /// The map that was applied to the input.
    public var input: ChannelAffine
    /// The map that was applied to the output.
    public var output: ChannelAffine
    /// The value of the folded graph that holds the weight.
    public var weight: ValueID
    /// The value of the folded graph that holds the bias, or `nil` if there is still none.
    public var bias: ValueID?
  }

  /// A linear operator in the body of an If or Loop that absorbed the channel maps around it.
  public struct InnerSite: Sendable {
    /// The label of the operator's node and of the node that owns the body.
    public var node: String
    /// The labels of the absorbed nodes, in the order of the data.
    public var absorbed: [String]
  }

  /// A normalization that was not folded.
  public struct Refusal: Sendable, Hashable {
    /// The label of the node.
    public var node: String
    /// The reason.
    public var reason: String
  }

  /// The operators with new weights, in topological order.
  public var sites: [Site] = []
  /// The operators with new weights in the bodies of If and Loop.
  public var innerSites: [InnerSite] = []
  /// The labels of the BatchNormalization nodes that were folded into the scales of quantized
  /// weights.
  public var scaledQuantizations: [String] = []
  /// The total number of folded BatchNormalization nodes.
  public var foldedNormalizations = 0
  /// The BatchNormalization nodes that were not folded, and other channel maps that could not be
  /// folded into an adjacent linear operator.
  public var refusals: [Refusal] = []

  /// Creates an empty report.
  init() {}

  /// Creates the report of applying a plan.
  /// - Parameters:
  ///   - plan: The plan.
  ///   - graph: The graph that the plan was made for.
  ///   - constants: The values with the new weights and biases.
  init(_ plan: FoldPlan, of graph: Graph, _ constants: [NodeID: FoldRewriter.Constants]) {
    func label(_ id: NodeID) -> String { graph.label(of: graph[id]) }
    sites = plan.operators.filter(\.isRewritten).map { entry in
      Site(
        node: label(entry.node), opType: graph[entry.node].opType, original: entry.node,
        originalOutput: graph[entry.node].outputs[0]!, absorbed: (entry.before + entry.after).map { label($0.node) },
        input: entry.input, output: entry.output, weight: constants[entry.node]!.weight,
        bias: constants[entry.node]!.bias)
    }
    foldedNormalizations = plan.folds.count { graph[$0.node].isNormalization }
    refusals = plan.refusals.map { Refusal(node: label($0.node), reason: $0.reason) }
  }

  /// Whether anything was folded.
  package var foldsAnything: Bool { !(sites.isEmpty && innerSites.isEmpty && scaledQuantizations.isEmpty) }

  /// Adds the report of folding a body of `owner`.
  mutating func add(body: FoldReport, of owner: String) {
    func placed(_ node: String) -> String { "\(node) in a body of \(owner)" }
    innerSites += body.sites.map { InnerSite(node: placed($0.node), absorbed: $0.absorbed) }
    innerSites += body.innerSites.map { InnerSite(node: placed($0.node), absorbed: $0.absorbed) }
    foldedNormalizations += body.foldedNormalizations
    refusals += body.refusals.map { Refusal(node: placed($0.node), reason: $0.reason) }
  }
}

extension FoldReport: CustomStringConvertible, CustomReflectable {
  /// The numbers of folded and refused nodes in one line. `sites` and `refusals` list them.
  public var description: String {
    let operators = sites.count + innerSites.count + scaledQuantizations.count
    return "\(counted(foldedNormalizations, "normalization")) folded, "
      + "\(counted(operators, "operator")) with new weights"
      + (refusals.isEmpty ? "" : ", \(counted(refusals.count, "refusal"))")
  }

  /// Shows only the summary, because sites contain lists with a number for every channel.
  public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

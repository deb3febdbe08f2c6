import InfoldGraph
import InfoldSystem

/// What folding did to a graph, in terms of the graph before and after.
public struct FoldReport: Sendable {
  /// A linear operator that took in the maps per channel around it.
  public struct Site: Sendable {
    /// How errors and reports call the operator's node.
    public var node: String
    /// The operator's name, like `Conv`.
    public var opType: String
    /// The operator's place in the graph before folding.
    public var original: NodeID
    /// The value that the operator makes in the graph before folding.
    public var originalOutput: ValueID
    /// The nodes that were folded into it, as errors call them, in the order of the data.
    public var absorbed: [String]
    /// The map that the input went through.
    public var input: ChannelAffine
    /// The map that the output goes through.
    public var output: ChannelAffine
    /// The value of the folded graph that holds the weight.
    public var weight: ValueID
    /// The value of the folded graph that holds the bias; `nil` when it stays without one.
    public var bias: ValueID?
  }

  /// A linear operator in the body of an If or Loop that took in the maps per channel around it.
  public struct InnerSite: Sendable {
    /// How errors and reports call the operator's node, and the node that has the body.
    public var node: String
    /// The nodes that were folded into it, as errors call them, in the order of the data.
    public var absorbed: [String]
  }

  /// A normalization that stays where it is.
  public struct Refusal: Sendable, Hashable {
    /// The node, as errors call it.
    public var node: String
    /// Why.
    public var reason: String
  }

  /// The operators with new weights, in topological order.
  public var sites: [Site] = []
  /// The operators with new weights in bodies of If and Loop.
  public var innerSites: [InnerSite] = []
  /// The BatchNormalization nodes that went into the scales of quantized weights, as errors call them.
  public var scaledQuantizations: [String] = []
  /// The number of BatchNormalization nodes that were folded, anywhere.
  public var foldedNormalizations = 0
  /// The BatchNormalization nodes that were not, and other maps per channel that could not be folded into the linear
  /// operator beside them.
  public var refusals: [Refusal] = []

  /// A report of nothing.
  init() {}

  /// What a plan has made of a graph.
  /// - Parameters:
  ///   - graph: The graph that the plan was made of.
  ///   - constants: What holds the new weights and biases.
  init(_ plan: FoldPlan, of graph: Graph, _ constants: [NodeID: FoldRewriter.Constants]) {
    func label(_ id: NodeID) -> String { graph.label(of: graph[id]) }
    sites = plan.operators.filter(\.isRewritten).map { entry in
      Site(
        node: label(entry.node), opType: graph[entry.node].opType, original: entry.node,
        originalOutput: graph[entry.node].outputs[0]!, absorbed: (entry.before + entry.behind).map { label($0.node) },
        input: entry.input, output: entry.output, weight: constants[entry.node]!.weight,
        bias: constants[entry.node]!.bias)
    }
    foldedNormalizations = plan.folds.count { graph[$0.node].isNormalization }
    refusals = plan.refusals.map { Refusal(node: label($0.node), reason: $0.reason) }
  }

  /// Whether anything was folded.
  package var foldsAnything: Bool { !(sites.isEmpty && innerSites.isEmpty && scaledQuantizations.isEmpty) }

  /// Takes in what was done to a body of `owner`.
  mutating func add(body: FoldReport, of owner: String) {
    func placed(_ node: String) -> String { "\(node) in a body of \(owner)" }
    innerSites += body.sites.map { InnerSite(node: placed($0.node), absorbed: $0.absorbed) }
    innerSites += body.innerSites.map { InnerSite(node: placed($0.node), absorbed: $0.absorbed) }
    foldedNormalizations += body.foldedNormalizations
    refusals += body.refusals.map { Refusal(node: placed($0.node), reason: $0.reason) }
  }
}

extension FoldReport: CustomStringConvertible, CustomReflectable {
  /// One line: how much was folded, and how much was not. `sites` and `refusals` say where.
  public var description: String {
    let operators = sites.count + innerSites.count + scaledQuantizations.count
    return "\(counted(foldedNormalizations, "normalization")) folded, "
      + "\(counted(operators, "operator")) with new weights"
      + (refusals.isEmpty ? "" : ", \(counted(refusals.count, "refusal"))")
  }

  /// The numbers of places: each has lists with a number for every channel.
  public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

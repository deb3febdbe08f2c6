import InfoldGraph
import InfoldPasses
import InfoldRuntime
import InfoldSystem

/// A row of the operator table: the uses of one operator that are alike.
struct OperatorReport: Encodable {
  let type: String
  /// The domain; empty for ONNX's own.
  let domain: String
  /// The version of the domain's operator set that the model imports.
  let opset: Int
  /// The opset version that last changed the operator, as far as the model goes; `nil` where Infold does not have it.
  let version: Int?
  let count: Int
  let supported: Bool
  /// Why it cannot be run, and the first node that it is said of.
  let reason: String?
  /// What kind of reason that is: `unsupported` for what Infold does not have, others for what is wrong with the model.
  let code: String?
  /// How many of the nodes run by kernels; `nil` where no plan is known.
  let kernelNodes: Int?
  /// How many of the nodes run by the reference evaluation. Nodes that are neither have become constants, or part of others.
  let referenceNodes: Int?
  /// How many of the nodes are planned in the run, when their sizes are known.
  let nodesPlannedInRun: Int?
  /// `nil` where they are not known for all of the nodes.
  let multiplyAccumulates: Int?

  private struct Key: Hashable {
    var type: String
    var domain: String
    var reason: InfoldError?
  }

  /// The table, in the order in which operators first appear.
  static func all(_ uses: [OperatorUse]) -> [OperatorReport] {
    var order: [Key] = []
    var groups: [Key: [OperatorUse]] = [:]
    for use in uses {
      let key = Key(type: use.node.opType, domain: use.node.domain, reason: use.refusal)
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(use)
    }
    return order.map { key in OperatorReport(groups[key]!) }
  }

  private init(_ uses: [OperatorUse]) {
    let node = uses[0].node
    type = node.opType
    domain = node.domain
    opset = node.opsetVersion
    version = node.typed.flatMap { Swift.type(of: $0).versions.last { $0 <= node.opsetVersion } }
    count = uses.count
    supported = uses[0].refusal == nil
    let others = uses.count > 1 ? " and \(uses.count - 1) more" : ""
    reason = uses[0].refusal.map { refusal in
      let place = refusal.node.map { $0 == uses[0].label ? "" : $0 + ": " } ?? ""
      return "\(place)\(refusal.reason) (\(uses[0].label)\(others))" + (refusal.hint.map { "; " + $0 } ?? "")
    }
    code = uses[0].refusal?.code.rawValue
    let ways = uses.compactMap(\.way)
    let isPlanned = uses.contains { $0.isPlanned }
    kernelNodes = isPlanned ? ways.count { $0 == .kernels } : nil
    referenceNodes = isPlanned ? ways.count { $0 == .reference } : nil
    nodesPlannedInRun = isPlanned ? ways.count { $0 == .plannedInRun } : nil
    let known = uses.compactMap(\.multiplyAccumulates)
    multiplyAccumulates = known.count == uses.count ? sum(known) : nil
  }

  /// What runs the nodes, for the table.
  var way: String {
    guard let kernelNodes, let referenceNodes, let nodesPlannedInRun else { return "" }
    let ways = [(kernelNodes, "kernels"), (nodesPlannedInRun, "planned in the run"), (referenceNodes, "reference")]
      .filter { $0.0 > 0 }
    return ways.enumerated().map { index, way in index == 0 ? way.1 : "\(NumberText.grouped(way.0)) \(way.1)" }
      .joined(separator: ", ")
  }

  /// The name with its domain.
  var qualifiedType: String { domain.isEmpty ? type : domain + "." + type }
}

/// A node, with what the report says of it.
struct OperatorUse {
  let node: Node
  let label: String
  let multiplyAccumulates: Int?
  /// What runs it; `nil` where no step does, or no plan is known.
  let way: ExecutionReport.Way?
  /// Whether a plan is known.
  let isPlanned: Bool
  /// Why Infold cannot run it.
  let refusal: InfoldError?

  init(_ node: Node, in graph: Graph, _ execution: ExecutionReport?) {
    self.node = node
    label = graph.label(of: node)
    multiplyAccumulates = graph.multiplyAccumulates(of: node)
    way = execution?.way(of: graph.reference(to: node))
    isPlanned = execution != nil
    // Sequences that a plan was made with have become tensors.
    let isReplaced = execution != nil && node.hasSequences
    if case .opaque(let reason) = node.kind, !isReplaced { refusal = reason } else { refusal = nil }
  }
}

/// The sum; `nil` where it does not fit an `Int`.
func sum(_ numbers: some Sequence<Int>) -> Int? {
  var sum = 0
  for number in numbers {
    let (next, overflow) = sum.addingReportingOverflow(number)
    if overflow { return nil }
    sum = next
  }
  return sum
}

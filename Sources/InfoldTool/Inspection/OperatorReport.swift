import InfoldGraph
import InfoldPasses
import InfoldRuntime
import InfoldSystem

/// A row of the operator table: the uses of one operator that have the same status.
struct OperatorReport: Encodable {
  let type: String
  /// The operator's domain; empty for ONNX's own.
  let domain: String
  /// The opset of the domain that the model imports.
  let opset: Int
  /// The last opset, up to the imported one, that changed the operator. `nil` if the operator is
  /// unsupported.
  let version: Int?
  let count: Int
  let supported: Bool
  /// The reason why the nodes cannot be run, with the first node concerned.
  let reason: String?
  /// The error code: `unsupported` for features that Infold lacks, others for problems of the
  /// model.
  let code: String?
  /// The number of nodes that run with kernels, or `nil` if there is no plan.
  let kernelNodes: Int?
  /// The number of nodes that use the reference evaluation. The remaining nodes have become
  /// constants or were fused into others.
  let referenceNodes: Int?
  /// The number of nodes that are planned at run time, once their sizes are known.
  let nodesPlannedInRun: Int?
  /// `nil` if they are unknown for some of the nodes.
  let multiplyAccumulates: Int?

  private struct Key: Hashable {
    var type: String
    var domain: String
    var reason: InfoldError?
  }

  /// The table, in the order in which the operators first occur.
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

  /// How the nodes run, as text for the table.
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

/// A node, with the properties that the report shows.
struct OperatorUse {
  let node: Node
  let label: String
  let multiplyAccumulates: Int?
  /// How the node runs, or `nil` if no step computes it or there is no plan.
  let way: ExecutionReport.Way?
  /// Whether there is a plan.
  let isPlanned: Bool
  /// The reason why the node cannot be run.
  let refusal: InfoldError?

  init(_ node: Node, in graph: Graph, _ execution: ExecutionReport?) {
    self.node = node
    label = graph.label(of: node)
    multiplyAccumulates = graph.multiplyAccumulates(of: node)
    way = execution?.way(of: graph.reference(to: node))
    isPlanned = execution != nil
    // Planning has replaced sequences by tensors.
    let isReplaced = execution != nil && node.hasSequences
    if case .opaque(let reason) = node.kind, !isReplaced { refusal = reason } else { refusal = nil }
  }
}

/// The sum, or `nil` if it overflows `Int`.
func sum(_ numbers: some Sequence<Int>) -> Int? {
  var sum = 0
  for number in numbers {
    let (next, overflow) = sum.addingReportingOverflow(number)
    if overflow { return nil }
    sum = next
  }
  return sum
}

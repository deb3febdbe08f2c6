import InfoldGraph

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
  /// Why it is not supported, and the first node that it is said of.
  let reason: String?
  /// `nil` where they are not known for all of the nodes.
  let multiplyAccumulates: Int?

  private struct Key: Hashable {
    var type: String
    var domain: String
    var reason: String?
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
    reason = uses[0].refusal.map { "\($0) (\(uses[0].label)\(others))" }
    let known = uses.compactMap(\.multiplyAccumulates)
    multiplyAccumulates = known.count == uses.count ? sum(known) : nil
  }

  /// The name with its domain.
  var qualifiedType: String { domain.isEmpty ? type : domain + "." + type }
}

/// A node, with what the report says of it.
struct OperatorUse {
  let node: Node
  let label: String
  let multiplyAccumulates: Int?

  init(_ node: Node, in graph: Graph) {
    self.node = node
    label = graph.label(of: node)
    multiplyAccumulates = graph.multiplyAccumulates(of: node)
  }

  /// Why Infold cannot run it.
  var refusal: String? {
    if case .opaque(let reason) = node.kind { reason.reason } else { nil }
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

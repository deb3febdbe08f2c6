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
  static func all(_ nodes: [(node: Node, label: String, multiplyAccumulates: Int?)]) -> [OperatorReport] {
    var order: [Key] = []
    var groups: [Key: [(node: Node, label: String, multiplyAccumulates: Int?)]] = [:]
    for entry in nodes {
      let key = Key(type: entry.node.opType, domain: entry.node.domain, reason: entry.node.reason)
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(entry)
    }
    return order.map { key in OperatorReport(groups[key]!, reason: key.reason) }
  }

  private init(_ uses: [(node: Node, label: String, multiplyAccumulates: Int?)], reason: String?) {
    let node = uses[0].node
    type = node.opType
    domain = node.domain
    opset = node.opsetVersion
    version = node.typed.flatMap { Swift.type(of: $0).versions.last { $0 <= node.opsetVersion } }
    count = uses.count
    supported = node.typed != nil
    self.reason = reason.map { "\($0) (\(uses[0].label)\(uses.count > 1 ? " and \(uses.count - 1) more" : ""))" }
    multiplyAccumulates = uses.reduce(0 as Int?) { sum, use in
      guard let sum, let number = use.multiplyAccumulates else { return nil }
      let (next, overflow) = sum.addingReportingOverflow(number)
      return overflow ? nil : next
    }
  }

  /// The name with its domain.
  var qualifiedType: String { domain.isEmpty ? type : domain + "." + type }
}

extension Node {
  fileprivate var reason: String? {
    if case .opaque(let reason) = kind { reason.reason } else { nil }
  }
}

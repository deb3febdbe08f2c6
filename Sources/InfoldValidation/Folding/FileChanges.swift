import InfoldGraph
import InfoldOperators
import InfoldSystem

/// The changes that a tool made to a network besides folding, as differences between the two files:
/// the operator counts, the opset and the IR version.
struct FileChanges {
  /// One phrase for each kind of change, such as `removed: 2 Dropout`.
  let descriptions: [String]

  init(_ original: Model, _ file: Model) {
    var descriptions: [String] = []
    let (before, after) = (Self.operators(original.graph), Self.operators(file.graph))
    let gone = before.filter { (after[$0.key] ?? 0) < $0.value && $0.key != BatchNormalization.name }
    let new = after.filter { (before[$0.key] ?? 0) < $0.value }
    if !gone.isEmpty {
      descriptions.append("removed: " + Self.list(gone.mapValues { $0 }, minus: after))
    }
    if !new.isEmpty {
      descriptions.append("added: " + Self.list(new.mapValues { $0 }, minus: before))
    }
    if let version = original.opsetVersion(), let other = file.opsetVersion(), version != other {
      descriptions.append("opset changed from \(version) to \(other)")
    }
    if original.irVersion != file.irVersion {
      descriptions.append("IR version changed from \(original.irVersion) to \(file.irVersion)")
    }
    self.descriptions = descriptions
  }

  private static func operators(_ graph: Graph) -> [String: Int] {
    graph.nodes.reduce(into: [:]) { $0[$1.domain.isEmpty ? $1.opType : "\($1.domain).\($1.opType)", default: 0] += 1 }
  }

  private static func list(_ operators: [String: Int], minus others: [String: Int]) -> String {
    let parts = operators.sorted { $0.key < $1.key }.map { name, count in
      "\(count - (others[name] ?? 0)) \(String(printable: name))"
    }
    return parts.prefix(12).joined(separator: ", ") + (parts.count > 12 ? ", and more" : "")
  }
}

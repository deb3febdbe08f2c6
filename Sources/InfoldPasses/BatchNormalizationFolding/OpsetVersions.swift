import InfoldGraph

/// The opset versions of a model. Function bodies that are to be inlined into its graph have their
/// own.
struct OpsetVersions {
  /// The versions by domain. The empty domain is ONNX's own.
  private(set) var versions: [String: Int]
  /// The imports of functions that the model lacks.
  private(set) var further: [Model.OpsetImport] = []

  init(_ imports: [Model.OpsetImport]) {
    versions = Dictionary(imports.map { (normalizedDomain($0.domain), $0.version) }) { first, _ in first }
  }

  /// Returns whether the functions or branches of a node mean the same in the model's graph.
  func admits(_ node: Node) -> Bool {
    (node.body.map { [$0] } ?? node.attributes.bodies.map(\.graph)).allSatisfy(admits)
  }

  /// Returns whether a node and everything in its bodies mean the same in the model's graph.
  func means(_ node: Node) -> Bool { node.body == nil && isSame(node) && admits(node) }

  private func admits(_ graph: Graph) -> Bool {
    graph.nodes.allSatisfy { node in
      guard node.body == nil else { return true }
      return isSame(node) && node.attributes.bodies.allSatisfy { admits($0.graph) }
    }
  }

  /// Returns whether a node's operator is the same in the model's opset.
  private func isSame(_ node: Node) -> Bool {
    guard let version = versions[normalizedDomain(node.domain)] else {
      // The opset is imported unchanged, as long as there is only one version.
      return true
    }
    guard version != node.opsetVersion else { return true }
    guard let operation = node.typed.map({ type(of: $0) }) else { return false }
    func last(_ opset: Int) -> Int? { operation.versions.last { $0 <= opset } }
    let isWithdrawn = operation.deprecation.map { version >= $0.opset } ?? false
    return last(version) != nil && last(version) == last(node.opsetVersion) && !isWithdrawn
  }

  /// Imports the opsets that a graph needs.
  mutating func add(_ graph: Graph) {
    for node in graph.nodes where versions[normalizedDomain(node.domain)] == nil {
      versions[normalizedDomain(node.domain)] = node.opsetVersion
      further.append(Model.OpsetImport(domain: node.domain, version: node.opsetVersion))
    }
    for node in graph.nodes {
      for (_, body) in node.attributes.bodies { add(body) }
    }
  }

  /// Returns the reasons why normalizations are kept in functions that do not mean the same in the
  /// model's graph.
  func refusals(in graph: Graph) -> [FoldReport.Refusal] {
    graph.nodes.flatMap { node -> [FoldReport.Refusal] in
      guard let body = node.body else { return [] }
      guard !admits(node) else { return refusals(in: body) }
      let reason =
        "\(graph.label(of: node)) calls a function that is written for other opsets than the model imports"
      return body.normalizations.map { FoldReport.Refusal(node: $0, reason: reason) }
    }
  }
}

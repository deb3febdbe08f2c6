import InfoldGraph
import InfoldTensor

/// What a model declares of its outputs and only a run can prove wrong.
struct DeclaredOutputs: Sendable {
  private let outputs: [(name: String, claim: TensorType?)]

  /// The claims of a model's graph.
  init(_ graph: Graph) {
    outputs = graph.outputs.map { (graph[$0].name, graph[$0].claim) }
  }

  /// What of it these outputs contradict.
  func contradictions(of results: [Tensor], _ symbols: SymbolSizes) -> [ModelWarning] {
    let sizes = symbols.sizes
    return zip(outputs, results).compactMap { output, result in
      guard let claim = output.claim, let shape = claim.shape, !shape.binding(sizes).admits(result.shape) else {
        return nil
      }
      let bound = shape.symbols.filter { sizes[$0] != nil }.map { "\(Dimension.symbol($0)) is \(sizes[$0]!)" }
      let place = bound.isEmpty ? "" : ", where " + bound.joined(separator: " and ")
      return ModelWarning(
        .declaredShape,
        "the output \(String(quoting: output.name)) has the shape \(result.shape), but the model declares "
          + "\(claim)\(place); the declaration is ignored", value: output.name)
    }
  }
}

/// The warnings of a session, each once.
struct ReportedWarnings {
  private(set) var warnings: [ModelWarning]

  /// The most that runs add: every one may bring other sizes.
  private static let limit = 64
  private var room = limit

  init(_ warnings: [ModelWarning]) {
    self.warnings = warnings
  }

  mutating func add(_ found: [ModelWarning]) {
    for warning in found where room > 0 && !warnings.contains(warning) {
      warnings.append(warning)
      room -= 1
    }
  }
}

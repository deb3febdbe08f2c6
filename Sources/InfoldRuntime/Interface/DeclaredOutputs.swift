import InfoldGraph
import InfoldTensor

/// The declarations of a model about its outputs that can be proved wrong only at run time.
struct DeclaredOutputs: Sendable {
  private let outputs: [(name: String, claim: TensorType?)]

  /// Collects the declared output types of a graph.
  init(_ graph: Graph) {
    outputs = graph.outputs.map { (graph[$0].name, graph[$0].claim) }
  }

  /// Returns a warning for each output that contradicts its declaration.
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

/// The warnings of a session, without duplicates.
struct ReportedWarnings {
  private(set) var warnings: [ModelWarning]

  /// The maximum number of warnings that runs add, because every run may have other sizes.
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

import InfoldGraph
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

extension Graph {
  /// Infers all types again, from the inputs and initializers alone.
  func checkTypes() throws {
    var copy = self
    let producers = copy.producers()
    for id in copy.valueIDs where producers[id.index] != nil { copy[id].type = nil }
    try copy.sort()
    try copy.inferTypes()
  }

  /// Seeded inputs. A dynamic dimension has the size 2.
  func randomInputs(seed: UInt64 = 99) throws -> [ValueID: Tensor] {
    var random = SplitMix64(seed: seed)
    var tensors: [ValueID: Tensor] = [:]
    for id in requiredInputs {
      let shape = try #require(self[id].type?.shape)
      tensors[id] = try random.tensor(shape.map { $0.size ?? 2 })
    }
    return tensors
  }
}

/// Largest |a − b| over the largest |b|.
func relativeError(_ a: Tensor, _ b: Tensor) throws -> Double {
  let a = try a.widened().elements(as: Double.self), b = try b.widened().elements(as: Double.self)
  try #require(a.count == b.count)
  let largest = b.map(\.magnitude).max() ?? 0
  return (zip(a, b).map { ($0 - $1).magnitude }.max() ?? 0) / max(largest, .leastNormalMagnitude)
}

/// Folds `graph`, and expects that these operators remain, and that the result is accurate: its error is at most 1e-6 of the largest
/// output, and at most twice that of the unfolded network, or 5e-7.
@discardableResult
func expectFolded(
  _ graph: Graph, operators: [String], sourceLocation: SourceLocation = #_sourceLocation
) throws -> FoldReport {
  let outcome = try FoldBatchNormalization().fold(graph)
  let (folded, report) = (outcome.graph, outcome.report)
  #expect(folded.nodes.map(\.opType) == operators, sourceLocation: sourceLocation)
  #expect(report.refusals.isEmpty, sourceLocation: sourceLocation)
  try folded.checkTypes()
  let inputs = try graph.randomInputs()
  let truth = try ReferenceEvaluator(graph, precision: .double).run(inputs)
  let before = try ReferenceEvaluator(graph).run(inputs)
  let after = try ReferenceEvaluator(folded).run(inputs)
  for index in truth.indices {
    let unfoldedError = try relativeError(before[index], truth[index])
    let foldedError = try relativeError(after[index], truth[index])
    #expect(foldedError <= 1e-6, sourceLocation: sourceLocation)
    #expect(foldedError <= max(2 * unfoldedError, 5e-7), sourceLocation: sourceLocation)
  }
  return report
}

/// Expects that `graph` stays bit for bit the same, and that the reason for its only normalization, or other per-channel affine map,
/// contains `reason`.
func expectRefused(_ graph: Graph, _ reason: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
  let outcome = try FoldBatchNormalization().fold(graph)
  let (folded, report) = (outcome.graph, outcome.report)
  #expect(report.sites.isEmpty, sourceLocation: sourceLocation)
  #expect(report.refusals.count == 1, sourceLocation: sourceLocation)
  #expect(report.refusals.first?.reason.contains(reason) == true, "\(report.refusals)", sourceLocation: sourceLocation)
  #expect(folded.nodes.map(\.name) == graph.nodes.map(\.name), sourceLocation: sourceLocation)
  let inputs = try graph.randomInputs()
  #expect(
    try ReferenceEvaluator(graph).run(inputs) == ReferenceEvaluator(folded).run(inputs), sourceLocation: sourceLocation)
}

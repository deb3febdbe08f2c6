import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Where both networks have the same operator on the same values, a difference comes from its constants, which can be compared
/// themselves: one weight among thousands that is wrong shows there, however little it moves a sum.
struct ConstantComparison {
  private let comparison: StepwiseComparison
  private let node: Node
  private let other: Node

  /// - Returns: `nil` where the values are not made by the same operator of values that are the same.
  init?(_ comparison: StepwiseComparison, _ value: ValueID, _ other: ValueID) {
    let (first, second) = (comparison.first, comparison.second)
    guard comparison.rounding.arithmetic == 0, let a = first.producer(value), let b = second.producer(other) else {
      return nil
    }
    (self.comparison, node, self.other) = (comparison, first.graph[a], second.graph[b])
    guard node.opType == self.other.opType, node.domain == self.other.domain,
      node.inputs.count == self.other.inputs.count, node.captures.isEmpty, node.outputs.count == 1
    else { return nil }
  }

  /// The difference that constants make which differ by more than rounding; `nil` where there is none.
  func difference(_ estimate: ErrorEstimate, _ tensor: Tensor) throws(InfoldError) -> ElementBounds.Difference? {
    let (first, second) = (comparison.first, comparison.second)
    guard let change = try ElementBounds(estimate).anyDifference(tensor) else { return nil }
    for (a, b) in zip(node.inputs, other.inputs) {
      guard let a, let b else {
        if a != nil || b != nil { return nil }
        continue
      }
      if first.dependsOnInputs[a.index] {
        guard comparison.partners[a] == b else { return nil }
      } else if second.dependsOnInputs[b.index] || first.tensor(a)?.shape != second.tensor(b)?.shape {
        return nil
      }
    }
    for case (let a?, let b?) in zip(node.inputs, other.inputs) where !first.dependsOnInputs[a.index] {
      guard let x = first.tensor(a), let y = second.tensor(b), x.elementType == .float64, y.elementType == .float64
      else { continue }
      if try differ(x, y) { return change }
    }
    return nil
  }

  /// Sums that cancel, as a bias that a normalization was folded into, are as exact as the others.
  private func differ(_ x: Tensor, _ y: Tensor) throws(InfoldError) -> Bool {
    let a = try x.elements(as: Double.self), b = try y.elements(as: Double.self)
    let mean = (a.reduce(0) { $0 + $1 * $1 } / Double(max(a.count, 1))).squareRoot()
    let unit = 2 * comparison.rounding.constants
    return zip(a, b).contains { ($0 - $1).magnitude > unit * max($0.magnitude, mean) }
  }
}

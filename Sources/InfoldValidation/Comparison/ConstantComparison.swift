import InfoldGraph
import InfoldRuntime
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

  /// The number of a constant that differs the most, of those that differ by more than rounding; `nil` where there is none.
  func difference() throws(InfoldError) -> ConstantDifference? {
    let (first, second) = (comparison.first, comparison.second)
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
      guard let x = first.tensor(a), let y = second.tensor(b), x.elementType == .float64, y.elementType == .float64,
        let (place, expected, change) = try worst(x, y)
      else { continue }
      return ConstantDifference(
        part: .number, name: first.graph[a].name, node: first.graph.reference(to: node), place: place,
        expected: expected, change: change)
    }
    return nil
  }

  /// What the first network's node makes of the second one's inputs and constants.
  func value() throws(InfoldError) -> Tensor? {
    let (first, second) = (comparison.first, comparison.second)
    let operands = zip(node.inputs, other.inputs).map { a, b in
      a.flatMap { a in b.flatMap(second.tensor) ?? first.tensor(a) }
    }
    return try node.evaluate(operands, precision: .double)[0]
  }

  /// Sums that cancel, as a bias that a normalization was folded into, are as exact as the others.
  private func worst(
    _ x: Tensor, _ y: Tensor
  ) throws(InfoldError) -> (place: [Int], expected: Double, change: Double)? {
    let a = try x.elements(as: Double.self), b = try y.elements(as: Double.self)
    let mean = (a.reduce(0) { $0 + $1 * $1 } / Double(max(a.count, 1))).squareRoot()
    let unit = 2 * comparison.rounding.constants
    var worst = (excess: 0.0, index: -1)
    for index in a.indices {
      let excess = (a[index] - b[index]).magnitude - unit * max(a[index].magnitude, mean)
      if excess > worst.excess { worst = (excess, index) }
    }
    guard worst.index >= 0 else { return nil }
    return (x.shape.position(of: worst.index), a[worst.index], b[worst.index] - a[worst.index])
  }
}

extension [Int] {
  /// Where an element lies in a tensor of this shape.
  func position(of index: Int) -> [Int] {
    var place: [Int] = [], rest = index
    for size in reversed() {
      place.insert(rest % Swift.max(size, 1), at: 0)
      rest /= Swift.max(size, 1)
    }
    return place
  }
}

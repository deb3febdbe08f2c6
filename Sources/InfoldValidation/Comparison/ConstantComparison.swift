import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Compares the constants of two nodes that apply the same operator to the same values.
///
/// A difference of such nodes is caused by their constants. Comparing these directly finds one
/// wrong weight among thousands, however little it changes a sum.
struct ConstantComparison {
  private let comparison: StepwiseComparison
  private let node: Node
  private let other: Node

  /// - Returns: `nil` if the values are not results of the same operator, or if the second
  ///   network's values were not computed in double precision.
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

  /// Returns the element that differs the most among those that differ by more than rounding, or
  /// `nil` if there is none or if the nodes read different values.
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

  /// Returns the element with the largest difference beyond rounding.
  ///
  /// The bound is relative to the root mean square of the constant where an element is smaller:
  /// elements in which large numbers cancel, such as a bias into which a normalization was folded,
  /// have the absolute error of the other elements.
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
  /// Returns the position of an element in a tensor of this shape.
  func position(of index: Int) -> [Int] {
    var place: [Int] = [], rest = index
    for size in reversed() {
      place.insert(rest % Swift.max(size, 1), at: 0)
      rest /= Swift.max(size, 1)
    }
    return place
  }
}

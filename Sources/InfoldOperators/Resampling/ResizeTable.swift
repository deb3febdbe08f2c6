import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An operator that resizes a tensor.
package protocol ResizingOperator: Operator {
  /// The elements that contribute to an element of the result in simple cases; `nil` in others.
  var neighbours: ResizeNeighbours? { get }
  /// The value of elements of the result to which nothing contributes.
  var extrapolationValue: Float { get }

  /// Returns the tables of the resized axes, in the order in which they are resized. Returns `nil`
  /// if something is unknown or a table would be too long.
  func resizeTables(_ inputs: OperatorInputs) throws(InfoldError) -> [ResizeTable]?
}

/// The elements along an axis that contribute to each element of the resized tensor, in the order
/// of the result.
package struct ResizeTable: Sendable {
  /// The axis.
  package let axis: Int
  /// The size of the original.
  package let input: Int
  /// The size of the result.
  package let output: Int
  /// The first contributing element; −1 for the extrapolation value.
  package private(set) var first: [Int32] = []
  /// The start of the weights of each element of the result, followed by the end of the last.
  package private(set) var starts: [Int32] = [0]
  /// The weights of the contributing elements.
  package private(set) var weights: [Float] = []

  fileprivate init(_ axis: ResizedAxis) {
    (self.axis, input, output) = (axis.axis, axis.input, axis.output)
  }

  fileprivate mutating func append(first: Int, weights: ArraySlice<Float>) {
    self.first.append(Int32(first))
    self.weights += weights
    starts.append(Int32(self.weights.count))
  }
}

extension Resampling {
  /// The most weights of a table.
  private static var mostWeights: Int { 1 << 24 }

  /// Returns the tables of the resized axes, in the order in which they are resized, or `nil` if
  /// one would be too long.
  func tables(_ axes: [ResizedAxis]) -> [ResizeTable]? {
    var tables: [ResizeTable] = []
    for axis in axes where !axis.isIdentity(transformation) || axis.input != axis.output {
      guard let table = table(axis) else { return nil }
      tables.append(table)
    }
    return tables
  }

  private func table(_ axis: ResizedAxis) -> ResizeTable? {
    guard axis.input > 0, axis.input <= Int32.max, axis.output <= Self.mostWeights else { return nil }
    var table = ResizeTable(axis)
    for index in 0..<axis.output {
      if case .nearest(let mode) = kernel {
        let place =
          axis.isOutside(index, transformation) ? -1 : neighbour(of: index, axis, mode)
        table.append(first: place, weights: place < 0 ? [] : [1])
        continue
      }
      guard let taps = taps(of: index, axis) else {
        table.append(first: -1, weights: [])
        continue
      }
      let weights = taps.weights.map { Float($0) }
      let begin = weights.firstIndex { $0 != 0 } ?? 0, end = (weights.lastIndex { $0 != 0 } ?? -1) + 1
      guard table.weights.count + end - begin <= Self.mostWeights else { return nil }
      table.append(first: taps.first + begin, weights: weights[begin..<max(begin, end)])
    }
    return table
  }
}

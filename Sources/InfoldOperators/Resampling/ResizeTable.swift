import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An operator that gives a tensor other sizes.
package protocol ResizingOperator: Operator {
  /// What the result's elements are made of, where that is simple; `nil` elsewhere.
  var neighbours: ResizeNeighbours? { get }
  /// What stands in the result where it is made of nothing.
  var extrapolationValue: Float { get }

  /// What every axis that is resized is made of, in the order in which they are; `nil` where something is not known, or too long for tables.
  func resizeTables(_ inputs: OperatorInputs) throws(InfoldError) -> [ResizeTable]?
}

/// Which elements along an axis of a tensor make those of the resized one, in the order of the result.
package struct ResizeTable: Sendable {
  /// The axis.
  package let axis: Int
  /// The original's size.
  package let input: Int
  /// The result's size.
  package let output: Int
  /// The first element that counts; −1 where the result has the extrapolation value.
  package private(set) var first: [Int32] = []
  /// Where the weights of each element of the result begin, and behind them all of them end.
  package private(set) var starts: [Int32] = [0]
  /// How much the elements from the first on count.
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

  /// What every axis that is resized is made of, in the order in which they are; `nil` where that is too long for tables.
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

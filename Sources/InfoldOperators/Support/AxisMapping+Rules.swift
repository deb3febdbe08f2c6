import InfoldGraph
import InfoldTensor

extension AxisMapping {
  /// Returns the axes that a reshape preserves: axes of equal size with the same product of sizes
  /// before them.
  static func unchangedAxes(from sizes: [Int], to result: [Int]) -> [(input: Int, output: Int)] {
    guard !sizes.contains(0), !result.contains(0), checkedProduct(sizes) != nil, checkedProduct(result) != nil else {
      return []
    }
    var axes: [(input: Int, output: Int)] = []
    var (before, first, firstBefore) = (1, 0, 1)
    for (input, size) in sizes.enumerated() {
      var (output, outputBefore) = (first, firstBefore)
      while output < result.count, outputBefore <= before {
        if outputBefore == before, result[output] == size {
          axes.append((input, output))
          (first, firstBefore) = (output + 1, outputBefore * size)
          break
        }
        outputBefore *= result[output]
        output += 1
      }
      before *= size
    }
    return axes
  }

  /// Returns the mapping of operators that treat every axis of the first input independently and
  /// whose other inputs are lists with one element per channel, axis 1.
  static func byChannel(_ inputs: OperatorInputs, parameters: Int) -> AxisMapping {
    guard let x = inputs.sizes(0), let list = inputs.sizes(1), x.count >= 2, list == [x[1]] else {
      return .axes(inputs) { $0 == 0 }
    }
    let channels = IndependentAxis(inputs: [1] + Array(repeating: 0, count: parameters), outputs: [1])
    return AxisMapping(x.indices.map { $0 == 1 ? channels : IndependentAxis($0) })
  }

  /// Returns the mapping of the axes that a reduction keeps.
  static func reduction(_ isReduced: [Bool], keepsDimensions: Bool) -> AxisMapping {
    let kept = isReduced.indices.filter { !isReduced[$0] }
    return AxisMapping(
      kept.enumerated().map { place, axis in
        IndependentAxis(inputs: [axis], outputs: [keepsDimensions ? axis : place])
      })
  }
}

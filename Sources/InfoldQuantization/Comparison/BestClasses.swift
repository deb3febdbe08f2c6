import InfoldSystem
import InfoldTensor

extension Tensor {
  /// Counts the rows of two tensors of scores whose best class is the same one.
  ///
  /// Scores have the shape [N, C] with C > 1, possibly followed by dimensions of 1. Of equal scores, the first one counts.
  /// - Returns: The rows with the same best class, and all rows; `nil` if the tensors hold no scores.
  /// - Throws: `InfoldError` with `.invalidArgument` if the tensors are not of float32.
  static func sameBestClasses(_ a: Tensor, _ b: Tensor) throws(InfoldError) -> (same: Int, rows: Int)? {
    let shape = a.shape
    guard shape.count >= 2, shape[1] > 1, shape[2...].allSatisfy({ $0 == 1 }), a.shape == b.shape else { return nil }
    let scores: [Float] = try a.elements(), others: [Float] = try b.elements()
    func best(_ scores: ArraySlice<Float>) -> Int {
      scores.indices.reduce(scores.startIndex) { scores[$1] > scores[$0] ? $1 : $0 }
    }
    let same = (0..<shape[0]).count { row in
      let range = row * shape[1]..<(row + 1) * shape[1]
      return best(scores[range]) == best(others[range])
    }
    return (same, shape[0])
  }
}

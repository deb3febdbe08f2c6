/// Rounds all weights of an output channel together. Output channels of one group share a search,
/// because they have the same inputs.
///
/// For the weights w of a channel with scale s, the search looks for integers q with a small error
/// (w − q·s)ᵀ H (w − q·s), where H contains the covariances of the inputs.
///
/// The weights are rounded one by one, and each compensates for the rounding errors of those before
/// it (GPTQ, arXiv 2210.17323, in the form of Babai's nearest plane algorithm). Then single
/// integers change by one as long as the error decreases. If the result is no better than the
/// nearest integers, the channel keeps those.
package struct RoundingSearch {
  private let count: Int
  /// The number of eight-element vectors in a row of a matrix.
  private let width: Int
  /// The inputs in the order in which their weights are rounded.
  private let order: [Int]
  /// The rows of H in that order, with a damped diagonal.
  private let moments: [SIMD8<Double>]
  private let diagonal: [Double]
  /// The damping that was added to the diagonal.
  private let added: Double
  /// The columns of the triangle L of H = Lᵀ L, each divided by the diagonal element of its row:
  /// how the rounding error of a weight shifts the later weights.
  private let consequences: [SIMD8<Double>]

  /// The damping, as a share of the mean of the diagonal.
  private static let damping = 0.01
  /// The maximum number of passes over the weights of a channel.
  private static let sweeps = 4

  /// - Parameters:
  ///   - covariances: The matrix H, row by row.
  ///   - count: The number of rows.
  /// - Returns: `nil` if the matrix is zero or contains a number that is not finite.
  package init?(covariances: [Double], count: Int) {
    let squares = (0..<count).map { covariances[$0 * count + $0] }
    let mean = squares.reduce(0, +) / Double(max(count, 1))
    guard mean > 0, mean.isFinite, covariances.allSatisfy(\.isFinite) else { return nil }
    let order = (0..<count).sorted { (-squares[$0], $0) < (-squares[$1], $1) }
    let added = Self.damping * mean, width = (count + 7) / 8
    (self.count, self.width, self.order, self.added) = (count, width, order, added)
    var matrix = [SIMD8<Double>](repeating: .zero, count: count * width)
    for i in 0..<count {
      for j in 0..<count {
        matrix[i * width + j / 8][j % 8] = covariances[order[i] * count + order[j]] + (i == j ? added : 0)
      }
    }
    moments = matrix
    diagonal = (0..<count).map { matrix[$0 * width + $0 / 8][$0 % 8] }
    guard let consequences = Self.consequences(&matrix, count, width) else { return nil }
    self.consequences = consequences
  }

  /// Computes L from H, from the last row up, and returns its scaled columns.
  private static func consequences(_ rows: inout [SIMD8<Double>], _ count: Int, _ width: Int) -> [SIMD8<Double>]? {
    var columns = [SIMD8<Double>](repeating: .zero, count: count * width)
    for k in stride(from: count - 1, through: 0, by: -1) {
      let square = rows[k * width + k / 8][k % 8]
      guard square > 0 else { return nil }
      for j in 0..<k { columns[j * width + k / 8][k % 8] = rows[k * width + j / 8][j % 8] / square }
      for i in 0..<k {
        let factor = rows[k * width + i / 8][i % 8] / square
        if factor == 0 { continue }
        for j in 0...i / 8 { rows[i * width + j] -= rows[k * width + j] * factor }
      }
    }
    return columns
  }

  /// Returns the integers of a channel, −127 to 127.
  /// - Parameters:
  ///   - weights: The weights.
  ///   - scale: The scale of the channel.
  package func rounded(_ weights: [Float], scale: Float) -> [Int8] {
    let step = Double(scale)
    let exact = order.map { Double(weights[$0]) / step }
    let plain = order.map { Double(min(max((weights[$0] / scale).rounded(.toNearestOrEven), -127), 127)) }
    var integers = [Double](repeating: 0, count: count)
    var shift = [SIMD8<Double>](repeating: .zero, count: width)
    for j in 0..<count {
      integers[j] = min(max((exact[j] + shift[j / 8][j % 8]).rounded(.toNearestOrEven), -127), 127)
      let left = exact[j] - integers[j]
      for i in j / 8..<width { shift[i] += consequences[j * width + i] * left }
    }
    let candidates = [plain, improved(plain, exact), improved(integers, exact)]
    let errors = candidates.map { error(zip(exact, $0).map(-)) }
    let chosen = candidates[errors.indices.min { errors[$0] < errors[$1] }!]
    var result = [Int8](repeating: 0, count: count)
    for (place, input) in order.enumerated() { result[input] = Int8(chosen[place]) }
    return result
  }

  /// Returns dᵀ H d in squared steps, without the damping.
  private func error(_ d: [Double]) -> Double {
    let slope = gradient(d)
    return d.indices.reduce(0) { $0 + (slope[$1 / 8][$1 % 8] - added * d[$1]) * d[$1] }
  }

  /// Returns H d.
  private func gradient(_ d: [Double]) -> [SIMD8<Double>] {
    var slope = [SIMD8<Double>](repeating: .zero, count: width)
    for (row, number) in d.enumerated() where number != 0 {
      for i in 0..<width { slope[i] += moments[row * width + i] * number }
    }
    return slope
  }

  /// Changes single integers by one as long as the error decreases.
  private func improved(_ start: [Double], _ exact: [Double]) -> [Double] {
    var integers = start
    var slope = gradient(zip(exact, integers).map(-))
    for _ in 0..<Self.sweeps {
      var hasChanged = false
      for j in 0..<count {
        // A change by 1 toward the error's sign changes dᵀ H d by H − 2 · |slope|.
        let own = slope[j / 8][j % 8], change = own > 0 ? 1.0 : -1.0
        guard 2 * own.magnitude > diagonal[j] * (1 + 1e-9), (integers[j] + change).magnitude <= 127 else { continue }
        integers[j] += change
        for i in 0..<width { slope[i] -= moments[j * width + i] * change }
        hasChanged = true
      }
      if !hasChanged { break }
    }
    return integers
  }
}

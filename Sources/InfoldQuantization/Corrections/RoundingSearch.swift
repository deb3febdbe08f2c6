/// Rounds the weights of a group of output channels together: the integers q of each row are such that (w − q·s)ᵀ H (w − q·s) is small, where
/// H has the second moments of the inputs.
///
/// The weights are rounded one by one, and each makes up for what the ones before it changed (GPTQ, arXiv 2210.17323, in the form of Babai's
/// nearest plane). Then single integers change by one as long as that helps. A row whose error is not less than that of the nearest
/// integers keeps these.
package struct RoundingSearch {
  private let count: Int
  /// The inputs, in the order in which their weights are rounded.
  private let order: [Int]
  /// H in that order, its diagonal a little larger.
  private let moments: [Double]
  /// What was added to the diagonal.
  private let added: Double
  /// The triangle L of H = Lᵀ L.
  private let triangle: [Double]

  /// What is added to the diagonal, as a share of its mean.
  private static let damping = 0.01
  /// How often all weights of a row are tried again.
  private static let sweeps = 4

  /// - Parameters:
  ///   - covariances: The matrix, in rows.
  ///   - count: Its rows.
  /// - Returns: `nil` for a matrix of zeros, or with numbers that are not finite.
  package init?(covariances: [Double], count: Int) {
    let diagonal = (0..<count).map { covariances[$0 * count + $0] }
    let mean = diagonal.reduce(0, +) / Double(max(count, 1))
    guard mean > 0, mean.isFinite, covariances.allSatisfy(\.isFinite) else { return nil }
    self.count = count
    order = (0..<count).sorted { (-diagonal[$0], $0) < (-diagonal[$1], $1) }
    added = Self.damping * mean
    var matrix = [Double](repeating: 0, count: count * count)
    for i in 0..<count {
      for j in 0..<count { matrix[i * count + j] = covariances[order[i] * count + order[j]] }
      matrix[i * count + i] += added
    }
    moments = matrix
    guard let triangle = Self.triangle(matrix, count) else { return nil }
    self.triangle = triangle
  }

  /// L of H = Lᵀ L, from the last row up.
  private static func triangle(_ matrix: [Double], _ count: Int) -> [Double]? {
    var rows = matrix
    for k in stride(from: count - 1, through: 0, by: -1) {
      let square = rows[k * count + k]
      guard square > 0 else { return nil }
      let root = square.squareRoot()
      for j in 0..<k { rows[k * count + j] /= root }
      rows[k * count + k] = root
      for i in 0..<k {
        let factor = rows[k * count + i]
        if factor == 0 { continue }
        for j in 0...i { rows[i * count + j] -= factor * rows[k * count + j] }
      }
    }
    return rows
  }

  /// The integers of a row, −127 to 127.
  /// - Parameters:
  ///   - weights: The weights.
  ///   - scale: What a step is.
  package func rounded(_ weights: [Float], scale: Float) -> [Int8] {
    let step = Double(scale)
    let exact = order.map { Double(weights[$0]) / step }
    func nearest(_ x: Double) -> Double { min(max(x.rounded(.toNearestOrEven), -127), 127) }
    let plain = order.map { Double(min(max((weights[$0] / scale).rounded(.toNearestOrEven), -127), 127)) }
    var left = [Double](repeating: 0, count: count), integers = left
    for j in 0..<count {
      var sum = 0.0
      for i in 0..<j { sum += triangle[j * count + i] * left[i] }
      integers[j] = nearest(exact[j] + sum / triangle[j * count + j])
      left[j] = exact[j] - integers[j]
    }
    let candidates = [plain, improved(plain, exact), improved(integers, exact)]
    let errors = candidates.map { error(zip(exact, $0).map(-)) }
    let chosen = candidates[errors.indices.min { errors[$0] < errors[$1] }!]
    var result = [Int8](repeating: 0, count: count)
    for (place, input) in order.enumerated() { result[input] = Int8(chosen[place]) }
    return result
  }

  /// dᵀ H d, in squared steps, without what was added to the diagonal.
  private func error(_ d: [Double]) -> Double {
    zip(gradient(d), d).reduce(0) { $0 + ($1.0 - added * $1.1) * $1.1 }
  }

  private func gradient(_ d: [Double]) -> [Double] {
    (0..<count).map { row in
      var sum = 0.0
      for column in 0..<count { sum += moments[row * count + column] * d[column] }
      return sum
    }
  }

  /// Changes single integers by one as long as that helps.
  private func improved(_ start: [Double], _ exact: [Double]) -> [Double] {
    var integers = start
    var slope = gradient(zip(exact, integers).map(-))
    for _ in 0..<Self.sweeps {
      var hasChanged = false
      for j in 0..<count {
        // One more step takes 1 from the error: −2 · slope + H.
        let change = slope[j] > 0 ? 1.0 : -1.0
        guard 2 * slope[j].magnitude > moments[j * count + j] * (1 + 1e-9), (integers[j] + change).magnitude <= 127
        else { continue }
        integers[j] += change
        for i in 0..<count { slope[i] -= change * moments[j * count + i] }
        hasChanged = true
      }
      if !hasChanged { break }
    }
    return integers
  }
}

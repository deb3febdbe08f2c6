import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Rounding error bounds of a 3 × 3 Winograd convolution.
///
/// Winograd's algorithm sums transformed numbers, whose magnitudes exceed those of the
/// convolution's own products. With Y = Aᵀ[Σ (G g Gᵀ) ⊙ (Bᵀ d B)]A for each tile, the error is at
/// most γₙ · |Aᵀ|[Σ (|G| |g| |Gᵀ|) ⊙ (|Bᵀ| |d| |B|)]|A| (Barabasz, Anderson, Soodhalter and Gregg
/// 2018, arXiv 1803.10986). Of the roundings of a sum over C channels, min(C, 8·√C) are taken to
/// add up.
struct WinogradBound {
  /// The size of an output tile: 2, 4 or 6.
  private let tile: Int
  private var size: Int { tile + 2 }
  /// |Bᵀ|, |G| and |Aᵀ|, row by row.
  private let input: [[Double]]
  private let weights: [[Double]]
  private let output: [[Double]]

  /// - Returns: `nil` if no kernel has tiles of this size.
  init?(tile: Int) {
    let half = 0.5.squareRoot(), root = 2.0.squareRoot()
    let points: [Double]
    switch tile {
    case 2:
      points = [0, 1, -1]
      input = [[1, 0, 1, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 0, 1]]
    case 4:
      points = [0, half, -half, root, -root]
      let byHalf = [0, 2 * half, 2, half, 1, 0], byRoot = [0, root / 2, 0.5, root, 1, 0]
      input = [[1, 0, 2.5, 0, 1, 0], byHalf, byHalf, byRoot, byRoot, [0, 1, 0, 2.5, 0, 1]]
    case 6:
      points = [0, 0.5, -0.5, 1, -1, 2, -2]
      let byHalf = [0, 2, 4, 2.5, 5, 0.5, 1, 0], byOne = [0, 1, 1, 4.25, 4.25, 1, 1, 0]
      let byTwo = [0, 0.5, 0.25, 2.5, 1.25, 2, 1, 0]
      input = [
        [1, 0, 5.25, 0, 5.25, 0, 1, 0], byHalf, byHalf, byOne, byOne, byTwo, byTwo, [0, 1, 0, 5.25, 0, 5.25, 0, 1],
      ]
    default: return nil
    }
    self.tile = tile
    weights =
      points.indices.map { place in
        let point = points[place]
        let product = points.indices.reduce(1.0) { $1 == place ? $0 : $0 * (point - points[$1]) }
        return [1 / product, point / product, point * point / product].map(\.magnitude)
      } + [[0, 0, 1]]
    output = (0..<tile).map { row in
      points.map { point in (0..<row).reduce(1.0) { power, _ in power * point.magnitude } }
        + [row == tile - 1 ? 1 : 0]
    }
  }

  /// The bound for each element of the output [N, K, H, W] of a convolution.
  /// - Parameters:
  ///   - x: The input [N, C, …], in float64.
  ///   - weight: The weight [K, C, 3, 3], in float64.
  ///   - pads: The number of rows of zeros above the input, and of columns of zeros to its left.
  ///   - shape: The shape of the output.
  /// - Returns: `nil` if the sizes do not match.
  func errors(
    _ x: Tensor, _ weight: Tensor, pads: (top: Int, left: Int), shape: [Int]
  ) throws(InfoldError) -> Tensor? {
    guard x.shape.count == 4, shape.count == 4, weight.shape.count == 4, weight.shape[2...] == [3, 3],
      weight.shape[1] == x.shape[1], weight.shape[0] == shape[1], x.shape[0] == shape[0]
    else { return nil }
    let (channels, outputs, rows, columns) = (x.shape[1], shape[1], shape[2], shape[3])
    let (tileRows, tileColumns) = ((rows + tile - 1) / tile, (columns + tile - 1) / tile)
    let numbers: [Double] = try x.absolute().elements(), filters: [Double] = try weight.absolute().elements()
    let image = x.shape[2] * x.shape[3]
    // Roundings of two transformations, the weights themselves, the product, and the sum over the
    // channels.
    let roundings = 24 + min(channels, Int(8 * Double(channels).squareRoot()))
    let factor = ErrorBounds.gamma(roundings)
    var errors = [Double](repeating: 0, count: shape.reduce(1, *))
    var transformed = [Double](repeating: 0, count: channels)
    var filter = [Double](repeating: 0, count: outputs * channels)
    for place in 0..<(size * size) {
      try Interruption.check()
      let (row, column) = place.quotientAndRemainder(dividingBy: size)
      for index in 0..<(outputs * channels) {
        filter[index] = Self.product(filters, at: index * 9, width: 3, weights[row], weights[column])
      }
      for image_ in 0..<shape[0] {
        for tileIndex in 0..<(tileRows * tileColumns) {
          let top = tileIndex / tileColumns * tile, left = tileIndex % tileColumns * tile
          for channel in 0..<channels {
            transformed[channel] = self.transformed(
              numbers, at: (image_ * channels + channel) * image, height: x.shape[2], width: x.shape[3],
              top: top - pads.top, left: left - pads.left, row, column)
          }
          for out in 0..<outputs {
            var sum = 0.0
            for channel in 0..<channels { sum += filter[out * channels + channel] * transformed[channel] }
            sum *= factor
            let start = (image_ * outputs + out) * rows * columns
            for y in top..<min(top + tile, rows) {
              let share = output[y - top][row] * sum
              for x in left..<min(left + tile, columns) {
                errors[start + y * columns + x] += share * output[x - left][column]
              }
            }
          }
        }
      }
    }
    return try Tensor(shape: shape, errors)
  }

  /// One position of |Bᵀ| |d| |B|.
  private func transformed(
    _ numbers: [Double], at start: Int, height: Int, width: Int, top: Int, left: Int, _ row: Int, _ column: Int
  ) -> Double {
    var sum = 0.0
    for y in 0..<size where input[row][y] != 0 && (0..<height).contains(top + y) {
      var line = 0.0
      for x in 0..<size where input[column][x] != 0 && (0..<width).contains(left + x) {
        line += input[column][x] * numbers[start + (top + y) * width + left + x]
      }
      sum += input[row][y] * line
    }
    return sum
  }

  private static func product(
    _ numbers: [Double], at start: Int, width: Int, _ rows: [Double], _ columns: [Double]
  ) -> Double {
    var sum = 0.0
    for y in rows.indices {
      for x in columns.indices { sum += rows[y] * columns[x] * numbers[start + y * width + x] }
    }
    return sum
  }
}

extension WinogradBound {
  /// The number of rows of zeros above the input, and of columns to its left, of a 3 × 3
  /// convolution.
  static func pads(of node: Node, input: [Int], output: [Int]) -> (top: Int, left: Int) {
    if case .ints(let pads)? = node.attributes["pads"], pads.count == 4 { return (Int(pads[0]), Int(pads[1])) }
    guard case .string(let mode)? = node.attributes["auto_pad"], input.count == 4, output.count == 4 else {
      return (0, 0)
    }
    let totals = (2...3).map { max(0, output[$0] + 2 - input[$0]) }
    switch mode {
    case Array("SAME_UPPER".utf8): return (totals[0] / 2, totals[1] / 2)
    case Array("SAME_LOWER".utf8): return ((totals[0] + 1) / 2, (totals[1] + 1) / 2)
    default: return (0, 0)
    }
  }
}

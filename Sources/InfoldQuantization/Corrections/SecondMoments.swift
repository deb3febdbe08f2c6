import InfoldSystem
import InfoldTensor

/// The covariances of the numbers that a layer sums for an output element.
package struct SecondMoments: Sendable {
  /// The number of variables.
  package let count: Int
  /// The number of eight-element vectors in a row.
  let width: Int
  /// The number of lists added.
  package private(set) var samples = 0
  private var sums: [Double]
  /// Sums of products. Each row is valid starting at the vector of its diagonal element.
  private var products: [SIMD8<Double>]

  /// Creates empty moments of `count` variables.
  package init(count: Int) {
    self.count = count
    width = (count + 7) / 8
    sums = Array(repeating: 0, count: count)
    products = Array(repeating: .zero, count: count * width)
  }

  /// The maximum number of lists added at once.
  package static let panel = 32

  /// Adds lists of numbers.
  /// - Parameter lists: At most `panel` consecutive lists of `width` vectors each, padded with
  ///   zeros.
  package mutating func add(_ lists: [SIMD8<Double>]) {
    let rows = lists.count / max(width, 1)
    samples += rows
    var column = [Double](repeating: 0, count: rows)
    for i in 0..<count {
      var sum = 0.0
      for row in 0..<rows {
        column[row] = lists[row * width + i / 8][i % 8]
        sum += column[row]
      }
      sums[i] += sum
      for j in i / 8..<width {
        var total = products[i * width + j]
        for row in 0..<rows { total += lists[row * width + j] * column[row] }
        products[i * width + j] = total
      }
    }
  }

  /// The covariance matrix, `count` × `count`, row by row.
  package var covariances: [Double] {
    var result = [Double](repeating: 0, count: count * count)
    guard samples > 0 else { return result }
    let share = 1 / Double(samples)
    for i in 0..<count {
      for j in i..<count {
        let value = products[i * width + j / 8][j % 8] * share - sums[i] * share * sums[j] * share
        result[i * count + j] = value
        result[j * count + i] = value
      }
      result[i * count + i] = max(result[i * count + i], 0)
    }
    return result
  }
}

import InfoldSystem
import InfoldTensor

/// The second moments of the numbers that a layer adds up for one output, about their means.
package struct SecondMoments: Sendable {
  /// How many numbers there are.
  package let count: Int
  /// The vectors of eight numbers in a row.
  let width: Int
  /// How many were added.
  package private(set) var samples = 0
  private var sums: [Double]
  /// Products, of which each row has those from its own vector on.
  private var products: [SIMD8<Double>]

  /// Of `count` numbers.
  package init(count: Int) {
    self.count = count
    width = (count + 7) / 8
    sums = Array(repeating: 0, count: count)
    products = Array(repeating: .zero, count: count * width)
  }

  /// How many vectors are added at once.
  package static let panel = 32

  /// Adds lists of numbers.
  /// - Parameter lists: One behind the other, at most `panel` of them, each in `width` vectors, with zeros at the end.
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

  /// The covariances, a full matrix in rows of `count`.
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

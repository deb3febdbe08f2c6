import InfoldTensor

/// Finds a single wrong weight of a layer, even if the rounding errors of the other weights change
/// each sum by more than it does.
///
/// A change of a weight moves the output at each position by the change times the number that the
/// weight is multiplied with there. A regression of the differences on these numbers estimates the
/// change of one weight at a time. Rounding errors are the noise, whose size is estimated from the
/// differences of all output channels. The error of the estimate decreases with the square root of
/// the number of positions. A weight is reported if its change meets three conditions:
///
/// - It is more than eleven standard errors away from zero. With a hundred million weights and normal
///   noise, the largest change is about six. The standard error is the larger one of two: that of
///   noise of equal size at all positions, and that derived from each position's own difference (J.
///   G. MacKinnon and H. White, Some heteroskedasticity-consistent covariance matrix estimators
///   with improved finite sample properties, 1985).
/// - It is more than eleven times as large as the changes that the same differences suggest for the
///   other weights of its output channel, after its own effect is subtracted. Noise that is
///   correlated between positions, such as that of Winograd's algorithm or of rounded weights,
///   therefore widens its own bound (B. Efron, Large-scale simultaneous hypothesis testing, 2004).
/// - It is more than eleven times as large as rounding all weights of the channel can suggest.
///
/// Offsets and factors of output channels are tested in the same way, with a threshold of 36
/// standard errors. With few positions, as in a fully connected layer with one row, nothing is
/// tested.
struct LayerTest {
  private let evidence: LayerEvidence
  private let weight: Tensor
  /// The unit roundoff of weights and results.
  private let unit: Double
  private let testsOffsets: Bool

  private static let threshold = 11.0
  /// The number of weights of an output channel that are tested.
  private static let candidates = 6
  /// The smallest shift of an output channel to report, in multiples of the typical shift.
  private static let shiftThreshold = 12.0
  /// The smallest change of an offset or a factor that is worth reporting, in units of roundoff.
  private static let leastUnits = 64.0
  /// The smallest change of a weight that is worth reporting, in units of roundoff.
  private static let leastWeightUnits = 256.0
  /// The fewest positions, or output channels, that tell a wrong weight from a rounding error.
  private static let leastPositions = 24

  /// - Parameter testsOffsets: Whether the second network's offsets were not computed from other
  ///   constants, whose rounding errors may be larger than the offsets.
  init(_ evidence: LayerEvidence, weight: Tensor, unit: Double, testsOffsets: Bool) {
    (self.evidence, self.weight, self.unit, self.testsOffsets) = (evidence, weight, unit, testsOffsets)
  }

  /// The rows that the output channels of one group share.
  private struct Rows {
    let count: Int
    let length: Int
    /// Each row divided by its Euclidean norm, and centered.
    var numbers: [Float]
    /// The reciprocal of the norm of each row; 0 for a row of zeros.
    let factors: [Double]
    /// For each term, the sum of the squares of `numbers` over all rows.
    var squares: [Double]
    /// The mean that was subtracted from each term to center it.
    let means: [Float]
    /// Whether each term varies enough to be tested.
    var isSeen: [Bool]
  }

  /// An output channel.
  private struct Channel {
    let index: Int
    /// The Euclidean norm of the weights.
    let size: Double
    /// The differences divided by the norms of the rows and by `size`, centered like the rows.
    var noise: [Double]
    /// The mean that was subtracted from the differences.
    let mean: Double
    /// The standard deviation of the noise.
    let spread: Double
  }

  /// Returns the most significant difference, or `nil` if noise explains everything.
  func difference() -> LayerDifference? {
    guard evidence.count >= Self.leastPositions else { return nil }
    let groups = evidence.rows.indices.map(rows)
    let layer = evidence.layer
    var channels: [Channel] = []
    for index in 0..<layer.channels { channels.append(channel(index, groups[index / layer.channelsPerGroup])) }
    let known = channels.map(\.spread).filter { $0 > 0 && $0.isFinite }.sorted()
    guard !known.isEmpty else { return nil }
    let pool = known[known.count / 2] / Self.medianSpread(evidence.count)
    var found: [LayerDifference] = []
    for group in groups.indices {
      let own = (group * layer.channelsPerGroup)..<((group + 1) * layer.channelsPerGroup)
      found += differences(groups[group], channels[own], pool)
    }
    return Self.best(found.filter(\.isNumber)) ?? Self.best(found) ?? shifted(groups, channels)
  }

  private static func best(_ found: [LayerDifference]) -> LayerDifference? {
    found.max { $0.significance < $1.significance }
  }

  /// Returns the output channel that is shifted by much more than the others, if each sample has one
  /// position. An input that hardly changes from sample to sample does not tell which weight causes
  /// the shift.
  private func shifted(_ groups: [Rows], _ channels: [Channel]) -> LayerDifference? {
    guard testsOffsets, !evidence.layer.hasWindow || evidence.hasSinglePositions, groups.count == 1 else { return nil }
    let known = channels.filter { $0.size > 0 }
    let shifts = known.map { $0.mean.magnitude / $0.size }.sorted()
    guard shifts.count >= Self.leastPositions, shifts[shifts.count / 2] > 0 else { return nil }
    let pool = shifts[shifts.count / 2] / Self.medianSpread(1)
    var worst: LayerDifference?
    for channel in known {
      let significance = channel.mean.magnitude / channel.size / pool
      guard significance > Self.shiftThreshold, significance > worst?.significance ?? 0,
        channel.mean.magnitude > 2 * unit * magnitude(channel)
      else { continue }
      worst = LayerDifference(part: .channel, channel: channel.index, change: 0, significance: significance)
    }
    return worst
  }

  /// Returns the root mean square of the expected outputs of a channel.
  private func magnitude(_ channel: Channel) -> Double {
    let outputs = evidence.outputs[channel.index]
    return (outputs.reduce(0) { $0 + $1 * $1 } / Double(max(outputs.count, 1))).squareRoot()
  }

  /// Returns the median of the root mean square of `count` numbers of a standard normal
  /// distribution (E. B. Wilson and M. M. Hilferty, The distribution of chi-square, 1931).
  private static func medianSpread(_ count: Int) -> Double {
    let base = 1 - 2 / (9 * Double(max(count, 1)))
    return base * base.squareRoot()
  }

  private func rows(_ group: Int) -> Rows {
    let length = evidence.layer.length, count = evidence.count
    var numbers = evidence.rows[group]
    var factors = [Double](repeating: 0, count: count)
    for row in 0..<count {
      var sum: Float = 0
      for term in (row * length)..<((row + 1) * length) { sum += numbers[term] * numbers[term] }
      guard sum > 0, sum.isFinite else { continue }
      factors[row] = 1 / Double(sum).squareRoot()
    }
    var means = [Float](repeating: 0, count: length)
    let total = Float(factors.reduce(0) { $0 + $1 * $1 })
    for row in 0..<count where factors[row] > 0 {
      let share = Float(factors[row] * factors[row]) / total
      for term in 0..<length { means[term] += share * numbers[row * length + term] }
    }
    var squares = [Float](repeating: 0, count: length)
    for row in 0..<count {
      let factor = Float(factors[row])
      for term in 0..<length {
        let number = factor * (numbers[row * length + term] - means[term])
        numbers[row * length + term] = number
        squares[term] += number * number
      }
    }
    let least = (squares.max() ?? 0) * 1e-6
    return Rows(
      count: count, length: length, numbers: numbers, factors: factors, squares: squares.map(Double.init),
      means: means, isSeen: squares.map { $0 > least })
  }

  private func channel(_ index: Int, _ rows: Rows) -> Channel {
    let size = evidence.layer.weights(weight, channel: index).reduce(0) { $0 + $1 * $1 }.squareRoot()
    let residuals = evidence.residuals[index]
    var mean = 0.0, total = 0.0
    for (residual, factor) in zip(residuals, rows.factors) {
      mean += factor * factor * residual
      total += factor * factor
    }
    mean = total > 0 ? mean / total : 0
    let scale = size > 0 ? 1 / size : 0
    let noise = zip(residuals, rows.factors).map { ($0 - mean) * $1 * scale }
    return Channel(
      index: index, size: size, noise: noise, mean: mean,
      spread: Self.spread(noise, parameters: 1))
  }

  private static func spread(_ noise: [Double], parameters: Int) -> Double {
    (noise.reduce(0) { $0 + $1 * $1 } / Double(max(noise.count - parameters, 1))).squareRoot()
  }

  private func differences(_ rows: Rows, _ channels: ArraySlice<Channel>, _ pool: Double) -> [LayerDifference] {
    var found: [LayerDifference] = []
    var offsets: [Int: LayerDifference] = [:]
    for channel in channels {
      if testsOffsets { offsets[channel.index] = offset(rows, channel, pool) }
      if let difference = scale(rows, channel, pool) { found.append(difference) }
    }
    // Several output channels share the rows while these are in the cache.
    var start = channels.startIndex
    while start < channels.endIndex {
      let part = channels[start..<min(start + 8, channels.endIndex)]
      let products = Self.products(rows, part.map(\.noise))
      for (channel, products) in zip(part, products) {
        let spread = max(channel.spread, pool)
        let significances = (0..<rows.length).map { term in
          rows.isSeen[term] ? products[term].magnitude / rows.squares[term].squareRoot() : 0
        }
        // The noise includes the effect of the weight itself, and so seems larger than it is by at
        // most that effect.
        guard let largest = significances.max(), largest > Self.threshold * pool,
          largest > spread * min(Self.threshold, Double(rows.count).squareRoot() / 4)
        else { continue }
        // Inputs that vary alike compete for an effect.
        let terms = significances.indices.filter { significances[$0] > 0.9 * largest }
          .sorted { significances[$0] > significances[$1] }.prefix(Self.candidates)
        var difference: LayerDifference?
        var term = 0
        for candidate in terms where difference == nil {
          difference = weight(candidate, products, rows, channel, pool)
          term = candidate
        }
        guard let difference else { continue }
        found.append(difference)
        // A weight whose inputs have one sign shifts the whole channel.
        if let offset = offsets[channel.index],
          (offset.change - difference.change * Double(rows.means[term])).magnitude < offset.change.magnitude / 4
        {
          offsets[channel.index] = nil
        }
      }
      start += 8
    }
    return found + offsets.values
  }

  private func offset(_ rows: Rows, _ channel: Channel, _ pool: Double) -> LayerDifference? {
    let magnitude = magnitude(channel)
    let total = rows.factors.reduce(0) { $0 + $1 * $1 }
    guard total > 0 else { return nil }
    let error = max(channel.spread, pool) * channel.size / total.squareRoot()
    let significance = channel.mean.magnitude / error
    guard significance > 4 * Self.threshold, channel.mean.magnitude > Self.leastUnits * unit * magnitude
    else { return nil }
    return LayerDifference(part: .offset, channel: channel.index, change: channel.mean, significance: significance)
  }

  private func scale(_ rows: Rows, _ channel: Channel, _ pool: Double) -> LayerDifference? {
    let outputs = evidence.outputs[channel.index]
    let total = rows.factors.reduce(0) { $0 + $1 * $1 }
    guard total > 0, channel.size > 0 else { return nil }
    let mean = zip(outputs, rows.factors).reduce(0) { $0 + $1.0 * $1.1 * $1.1 } / total
    var products = 0.0, squares = 0.0
    for ((output, factor), noise) in zip(zip(outputs, rows.factors), channel.noise) {
      let number = (output - mean) * factor / channel.size
      products += number * noise
      squares += number * number
    }
    guard squares > 0 else { return nil }
    let change = products / squares
    let remaining = zip(zip(outputs, rows.factors), channel.noise).map {
      $1 - change * ($0.0 - mean) * $0.1 / channel.size
    }
    let significance =
      change.magnitude * squares.squareRoot() / max(Self.spread(remaining, parameters: 2), pool)
    guard significance > 4 * Self.threshold, change.magnitude > Self.leastUnits * unit else { return nil }
    return LayerDifference(part: .scale, channel: channel.index, change: change, significance: significance)
  }

  /// Tests one weight, after its own effect is subtracted from the noise.
  private func weight(
    _ term: Int, _ products: [Double], _ rows: Rows, _ channel: Channel, _ pool: Double
  ) -> LayerDifference? {
    let squares = rows.squares[term], change = products[term] / squares
    var remaining = channel.noise, robust = 0.0
    for row in 0..<rows.count {
      let number = Double(rows.numbers[row * rows.length + term])
      remaining[row] -= change * number
      // The more a row dominates the sum of squares of the term, the less its difference tells
      // about its noise.
      let own = remaining[row] / max(1 - number * number / squares, 1e-6)
      robust += number * number * own * own
    }
    let spread = max(Self.spread(remaining, parameters: 2), pool)
    let error = max(spread / squares.squareRoot(), robust.squareRoot() / squares)
    let others = Self.products(rows, [remaining])[0]
    var sum = 0.0, count = 0
    for other in 0..<rows.length where rows.isSeen[other] && other != term {
      let significance = others[other] / (rows.squares[other].squareRoot() * spread)
      sum += significance * significance
      count += 1
    }
    let inflation = count >= 8 ? max(1, (sum / Double(count)).squareRoot()) : 1.5
    // Rounding errors of other weights suggest a change of this one to the extent that their inputs
    // are similar.
    let weights = evidence.layer.weights(weight, channel: channel.index)
    let column = (0..<rows.count).map { Double(rows.numbers[$0 * rows.length + term]) }
    var rounding = 0.0
    for (other, product) in Self.products(rows, [column])[0].enumerated() where other != term {
      rounding += weights[other] * weights[other] * product * product
    }
    rounding = unit * rounding.squareRoot() / (squares * channel.size)
    let total = (error * error * inflation * inflation + rounding * rounding).squareRoot()
    let significance = change.magnitude / total
    let typical = channel.size / Double(max(rows.length, 1)).squareRoot()
    let size = change * channel.size
    guard significance > Self.threshold,
      size.magnitude > Self.leastWeightUnits * unit * (weights[term].magnitude + typical)
    else { return nil }
    return LayerDifference(
      part: .weight(term: term), channel: channel.index, change: size, significance: significance)
  }

  /// Returns, for each column, the sums of its products with the rows, by term.
  private static func products(_ rows: Rows, _ columns: [[Double]]) -> [[Double]] {
    let length = rows.length, count = columns.count
    let largest = columns.reduce(0.0) { $1.reduce($0) { max($0, $1.magnitude) } }
    var sums = [Float](repeating: 0, count: length * count)
    if largest > 0, largest.isFinite {
      var factors: [Float] = []
      for row in 0..<((rows.count + 3) / 4 * 4) {
        for column in columns { factors.append(row < rows.count ? Float(column[row] / largest) : 0) }
      }
      rows.numbers.withUnsafeBufferPointer { numbers in
        sums.withUnsafeMutableBufferPointer { sums in
          for row in stride(from: 0, to: rows.count, by: 4) {
            // Rows past the last one repeat it with a factor of 0.
            let starts = (0..<4).map { min(row + $0, rows.count - 1) * length }
            for column in 0..<count {
              let (a, b) = (factors[row * count + column], factors[(row + 1) * count + column])
              let (c, d) = (factors[(row + 2) * count + column], factors[(row + 3) * count + column])
              let (i, j, k, l, sum) = (starts[0], starts[1], starts[2], starts[3], column * length)
              for term in 0..<length {
                let first = a * numbers[i + term] + b * numbers[j + term]
                sums[sum + term] += first + (c * numbers[k + term] + d * numbers[l + term])
              }
            }
          }
        }
      }
    }
    return (0..<count).map { column in
      sums[(column * length)..<((column + 1) * length)].map { Double($0) * largest }
    }
  }
}

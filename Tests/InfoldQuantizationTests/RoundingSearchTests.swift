import InfoldQuantization
import InfoldTensor
import TestSupport
import Testing

@Suite struct RoundingSearchTests {
  /// Returns correlated inputs, one list after the other.
  private func inputs(_ count: Int, _ lists: Int, seed: UInt64) throws -> [[Double]] {
    var random = SplitMix64(seed: seed)
    let mixing = try random.tensor([count, count]).elements(as: Float.self).map(Double.init)
    return try (0..<lists).map { _ in
      let own = try random.tensor([count]).elements(as: Float.self).map(Double.init)
      return (0..<count).map { row in
        var sum: Double = own[row] * 0.1 + 2
        for column in 0..<count { sum += mixing[row * count + column] * own[column / 3] }
        return sum
      }
    }
  }

  private func moments(_ inputs: [[Double]], _ count: Int) -> SecondMoments {
    var moments = SecondMoments(count: count)
    for list in inputs {
      var vectors = [SIMD8<Double>](repeating: .zero, count: (count + 7) / 8)
      for (place, number) in list.enumerated() { vectors[place / 8][place % 8] = number }
      moments.add(vectors)
    }
    return moments
  }

  /// Returns the variance of the error of a row's results.
  private func error(_ weights: [Float], _ integers: [Int8], scale: Float, _ inputs: [[Double]]) -> Double {
    let changes = zip(weights, integers).map { Double($1) * Double(scale) - Double($0) }
    let results = inputs.map { zip($0, changes).reduce(0) { $0 + $1.0 * $1.1 } }
    let mean = results.reduce(0, +) / Double(results.count)
    return results.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(results.count)
  }

  @Test(arguments: [1, 2, 7, 8, 9, 27, 40]) func isNeverWorseThanNearest(count: Int) throws {
    let lists = try inputs(count, 60, seed: UInt64(count))
    let search = try #require(RoundingSearch(covariances: moments(lists, count).covariances, count: count))
    var random = SplitMix64(seed: 9)
    var (all, nearest) = (0.0, 0.0)
    for _ in 0..<12 {
      let weights: [Float] = try random.tensor([count]).elements()
      let scale = weights.map(\.magnitude).max()! / 20
      let plain = weights.map { Int8(($0 / scale).rounded(.toNearestOrEven)) }
      let found = search.rounded(weights, scale: scale)
      let (a, b) = (error(weights, found, scale: scale, lists), error(weights, plain, scale: scale, lists))
      #expect(a <= b * (1 + 1e-9) + 1e-15)
      all += a
      nearest += b
    }
    // For correlated inputs, rounding weights together is better.
    #expect(count < 9 || all < nearest * 0.5)
  }

  @Test func covariancesAreThoseOfTheNumbers() throws {
    let lists = try inputs(5, 40, seed: 3), found = moments(lists, 5).covariances
    for i in 0..<5 {
      for j in 0..<5 {
        let (a, b) = (lists.map { $0[i] }, lists.map { $0[j] })
        let means = (a.reduce(0, +) / 40, b.reduce(0, +) / 40)
        let expected = zip(a, b).reduce(0) { $0 + ($1.0 - means.0) * ($1.1 - means.1) } / 40
        #expect(abs(found[i * 5 + j] - expected) < 1e-10)
      }
    }
  }

  @Test func nothingToLearnFrom() {
    #expect(RoundingSearch(covariances: [0, 0, 0, 0], count: 2) == nil)
    #expect(RoundingSearch(covariances: [.nan, 0, 0, 1], count: 2) == nil)
    #expect(RoundingSearch(covariances: [], count: 0) == nil)
    // An input that never changes is rounded to the nearest.
    let search = RoundingSearch(covariances: [1, 0, 0, 0], count: 2)
    #expect(search?.rounded([0.4, 0.6], scale: 1) == [0, 1])
  }
}

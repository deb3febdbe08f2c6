import Foundation
import InfoldGraph
import InfoldOperators
import InfoldQuantization
import InfoldTensor
import TestSupport
import Testing

@Suite struct ChannelMomentsTests {
  /// Returns the moments of min(max(x, lower), upper), integrated at closely spaced points.
  private func integrated(_ mean: Double, _ deviation: Double, _ lower: Double, _ upper: Double) -> (Double, Double) {
    let step = 1e-3
    var (weight, first, second) = (0.0, 0.0, 0.0)
    for place in -10_000...10_000 {
      let z = Double(place) * step, density = exp(-z * z / 2)
      let x = min(max(mean + deviation * z, lower), upper)
      weight += density
      first += density * x
      second += density * x * x
    }
    let average = first / weight
    return (average, max(second / weight - average * average, 0).squareRoot())
  }

  @Test(
    arguments: [
      (0, 1, 0, Double.infinity), (0, 1, 0, 6), (-3, 1, 0, 6), (5, 2, 0, 6), (9, 1, 0, 6), (0.5, 0.01, 0, 1),
      (2, 3, -1, 4),
      (-2, 5, -Double.infinity, 1), (1, 2, -Double.infinity, Double.infinity), (0, 1, 0.5, 0.5), (3, 1e-9, 0, 6),
    ] as [(Double, Double, Double, Double)])
  func clippedNormals(mean: Double, deviation: Double, lower: Double, upper: Double) {
    let clipped = ClippedNormal(mean: mean, deviation: deviation, lower: lower, upper: upper)
    let expected = integrated(mean, deviation, lower, upper)
    #expect(abs(clipped.mean - expected.0) <= 1e-6 * max(1, deviation))
    #expect(abs(clipped.deviation - expected.1) <= 2e-4 * max(deviation, 1e-3))
  }

  @Test func constantsAndFarBounds() {
    #expect(ClippedNormal(mean: 7, deviation: 0, lower: 0, upper: 6).mean == 6)
    #expect(ClippedNormal(mean: -7, deviation: 0, lower: 0, upper: 6).deviation == 0)
    let below = ClippedNormal(mean: -1e6, deviation: 1, lower: 0, upper: 6)
    #expect(below.mean == 0 && below.deviation == 0)
    let above = ClippedNormal(mean: 1e6, deviation: 1, lower: 0, upper: 6)
    #expect(above.mean == 6 && above.deviation == 0)
  }

  /// Returns the moments of a network's values, by name.
  private func moments(
    _ build: (inout NetworkBuilder, ValueID) throws -> ValueID
  ) throws -> (moments: [String: ChannelMoments], output: String) {
    var network = NetworkBuilder()
    let x = network.input(["N", 2, 4, 4])
    let y = try build(&network, x)
    let name = network.graph[y].name
    var graph = try network.finished(y)
    try graph.inferTypes()
    return (MomentPropagation(graph).moments, name)
  }

  private func normalization(
    _ network: inout NetworkBuilder, _ x: ValueID, scale: [Float], bias: [Float], variance: [Float] = [4, 9]
  ) throws -> ValueID {
    let parameters = [scale, bias, [1, -1], variance].map { ($0, network.graph.values.count) }
    var inputs = [x]
    for (numbers, _) in parameters { inputs.append(network.constant(try Tensor(shape: [2], numbers))) }
    return try network.node("BatchNormalization", inputs, ["epsilon": .float(0)])
  }

  @Test func gammaAndBetaAreCarriedOn() throws {
    let (found, output) = try moments { network, x in
      let a = try normalization(&network, x, scale: [2, -1], bias: [0.5, 1])
      let b = try normalization(&network, x, scale: [1, 3], bias: [-0.5, 2])
      let sum = try network.node("Add", [a, b])
      let shift = network.constant(try Tensor(shape: [2, 1, 1], [10, 20] as [Float]))
      let moved = try network.node(
        "Mul", [try network.node("Add", [sum, shift]), network.constant(Tensor(scalar: -2 as Float))])
      let joined = try network.node("Concat", [moved, a], ["axis": .int(1)])
      return try network.node("Flatten", [network.node("GlobalAveragePool", [joined])])
    }
    let result = try #require(found[output])
    #expect(result.mean == [-20, -46, 0.5, 1])
    let expected = [2 * 5.0.squareRoot(), 2 * 10.0.squareRoot(), 2, 1]
    #expect(zip(result.deviation, expected).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(!result.isEstimated)
  }

  @Test func functionsOfNumbers() throws {
    for (operation, attributes) in [("Relu", [:]), ("LeakyRelu", ["alpha": .float(0)])] as [(String, AttributeList)] {
      let (found, output) = try moments { network, x in
        try network.node(operation, [normalization(&network, x, scale: [2, 1], bias: [0.5, -1])], attributes)
      }
      let result = try #require(found[output])
      let expected = ClippedNormal(mean: 0.5, deviation: 2, lower: 0, upper: .infinity)
      #expect(abs(result.mean[0] - expected.mean) < 2e-3 && abs(result.deviation[0] - expected.deviation) < 2e-3)
      #expect(result.reach[0].lowerBound == 0 && abs(result.reach[0].upperBound - 12.5) < 1e-5)
    }
  }

  @Test func productsAreEstimates() throws {
    let (found, output) = try moments { network, x in
      let a = try normalization(&network, x, scale: [2, 1], bias: [0.5, -1])
      let w = network.constant(try Tensor(shape: [1, 2, 1, 1], [3, -2] as [Float]))
      let b = network.constant(try Tensor(shape: [1], [1] as [Float]))
      return try network.node("Conv", [a, w, b])
    }
    let result = try #require(found[output])
    #expect(result.isEstimated && result.mean == [4.5] && abs(result.deviation[0] - 40.0.squareRoot()) < 1e-12)
  }

  /// Invalid statistics give no moments, and neither do values that depend on them.
  @Test(
    arguments: [
      ([1, 1], [0, 0], [.nan, 1]), ([1, 1], [0, 0], [-1, 1]), ([1, 1], [0, 0], [0, 1]),
      ([.infinity, 1], [0, 0], [1, 1]),
      ([1, 1], [.nan, 0], [1, 1]), ([1, 1], [0, 0], [.infinity, 1]),
    ] as [([Float], [Float], [Float])])
  func refusesHostileStatistics(scale: [Float], bias: [Float], variance: [Float]) throws {
    let (found, _) = try moments { network, x in
      try network.node("Relu", [normalization(&network, x, scale: scale, bias: bias, variance: variance)])
    }
    #expect(found.isEmpty)
  }

  @Test func deadChannelsAreConstants() throws {
    let (found, output) = try moments { network, x in
      try normalization(&network, x, scale: [0, 1], bias: [3, 0])
    }
    let result = try #require(found[output])
    #expect(result.reach[0] == 3...3 && result.deviation[0] == 0)
  }
}

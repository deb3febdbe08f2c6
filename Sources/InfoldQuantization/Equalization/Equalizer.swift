import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Scales channels so that those with small numbers use more of the 8-bit range that all channels
/// of a value share (cross-layer equalization, Nagel et al., arXiv 1906.04721, section 4.1).
///
/// Weights have a scale for each output channel, so scaling the layer before a value costs no
/// precision. Only two rounding errors depend on the factors: that of the value, and that of the
/// weights that consume it. The factors are chosen to minimize the sum of both at the outputs of the
/// consuming layers.
struct Equalizer {
  /// The model with scaled weights.
  private(set) var model: Model
  /// The changes that were made.
  private(set) var changes: [Change] = []

  /// The factors of a group's channels.
  struct Change {
    let group: ChannelGroup
    let factors: [Double]
  }

  /// The number of channels whose scale changed.
  var changedChannels: Int { changes.reduce(0) { $0 + $1.factors.count { $0 != 1 } } }

  /// The smallest reduction of the noise that is worth a change, as a share of the noise.
  private static let leastGain = 0.05
  /// The maximum factor.
  private static let largestFactor = 1024.0
  /// The headroom below an upper bound, as a multiple of the largest number in the samples.
  private static let room = 1.5

  /// - Parameters:
  ///   - statistics: The statistics of values, by identifier.
  ///   - expectations: The moments derived from batch normalizations, by name.
  init(
    _ model: Model, _ plan: QuantizationPlan, _ statistics: [ValueID: ValueStatistics],
    _ expectations: [String: ChannelMoments]
  ) throws(InfoldError) {
    self.model = model
    var search = ChannelGroupSearch(model.graph)
    for group in search.groups(plan.operations) {
      guard let factors = try factors(group, statistics, expectations) else { continue }
      let change = Change(group: group, factors: factors)
      changes.append(change)
      try self.model.apply(change)
    }
  }

  /// Returns the factor of each channel; `nil` if there are no statistics, or if the gain is too
  /// small.
  private func factors(
    _ group: ChannelGroup, _ statistics: [ValueID: ValueStatistics], _ expectations: [String: ChannelMoments]
  ) throws(InfoldError) -> [Double]? {
    let graph = model.graph
    let known = group.values.compactMap { statistics[$0]?.channels }.filter { $0.count == group.channels }
    guard !known.isEmpty, group.channels > 1 else { return nil }
    var reach = [Double](repeating: 0, count: group.channels), squares = reach
    for moments in known {
      for channel in reach.indices {
        let range = moments.reach[channel]
        reach[channel] = max(reach[channel], range.lowerBound.magnitude, range.upperBound.magnitude)
        let square =
          moments.mean[channel] * moments.mean[channel] + moments.deviation[channel] * moments.deviation[channel]
        squares[channel] = max(squares[channel], square)
      }
    }
    guard let largest = reach.max(), largest > 0, reach.allSatisfy(\.isFinite) else { return nil }
    var limits = [Double](repeating: Self.largestFactor, count: group.channels)
    for bound in group.bounds {
      func complete(_ moments: ChannelMoments?) -> ChannelMoments? { moments?.count == group.channels ? moments : nil }
      let expected = complete(expectations[graph[bound.input].name])
      let seen = complete(statistics[bound.output]?.channels)
      for channel in limits.indices {
        let expected = expected?.reach[channel].upperBound, seen = seen?.reach[channel].upperBound
        var most: Double?
        if let seen, statistics[bound.output]?.origin == .samples {
          most = seen >= bound.upper ? seen : seen * Self.room
        }
        if let expected { most = max(most ?? expected, expected) }
        guard let most else { return nil }
        limits[channel] = most <= 0 ? min(limits[channel], 1) : min(limits[channel], max(bound.upper / most, 1))
      }
    }
    let isBounded = !group.bounds.isEmpty
    let readers = try group.consumers.map { id throws(InfoldError) in
      let node = graph[id], tensor = graph.constant(node.inputs[1]!)!
      return (
        layout: WeightLayout(node.typed!.quantizedForm!, node.typed!.linearForm!, shape: tensor.shape)!,
        weights: try tensor.numbers()
      )
    }
    guard readers.allSatisfy({ $0.weights.allSatisfy(\.isFinite) }) else { return nil }
    let ones = reach.map { _ in 1.0 }
    let before = noise(ones, reach, squares, readers)
    var best = (noise: before, factors: ones)
    let balance = balanced(largest, squares, readers)
    for part in 0..<16 {
      // The magnitude to which channels are scaled. An upper bound requires factors of at least 1.
      let target = largest * Double(sign: .plus, exponent: 0, significand: 1 - Double(part) * 0.05)
      if isBounded, part > 0 { break }
      let factors = reach.indices.map { channel -> Double in
        guard reach[channel] > largest * 1e-6 else { return 1 }
        let full = target / reach[channel]
        let wanted = full < 1 ? full : min(full, max(balance[channel], 1))
        return min(wanted, limits[channel])
      }
      let after = noise(factors, reach, squares, readers)
      if after < best.noise { best = (after, factors) }
    }
    guard best.noise < before * (1 - Self.leastGain) else { return nil }
    return best.factors
  }

  private typealias Reader = (layout: WeightLayout, weights: [Double])

  /// Returns the factors at which a channel's values and the weights that consume them contribute
  /// equal noise.
  private func balanced(_ largest: Double, _ squares: [Double], _ readers: [Reader]) -> [Double] {
    var energy = [Double](repeating: 0, count: squares.count), rounding = energy
    for (layout, weights) in readers {
      let steps = steps(layout, weights, squares.map { _ in 1 })
      layout.forEach { element, output, channel, _ in
        energy[channel] += weights[element] * weights[element]
        // A consumer of a single channel scales its weights with it.
        if layout.inputs > 1 { rounding[channel] += steps[output] * steps[output] }
      }
    }
    let step = largest / 255
    return squares.indices.map { channel in
      let weight = rounding[channel] * squares[channel]
      return weight > 0 ? (step * step * energy[channel] / weight).squareRoot().squareRoot() : Self.largestFactor
    }
  }

  /// Returns the noise, up to a constant factor, that rounding the values and the consumers'
  /// weights adds to the consumers' outputs.
  private func noise(_ factors: [Double], _ reach: [Double], _ squares: [Double], _ readers: [Reader]) -> Double {
    let step = zip(factors, reach).reduce(0) { max($0, $1.0 * $1.1) } / 255
    var total = 0.0
    for (layout, weights) in readers {
      let steps = steps(layout, weights, factors)
      layout.forEach { element, output, channel, _ in
        let weight = weights[element] / factors[channel]
        total += step * step * weight * weight
        total += steps[output] * steps[output] * squares[channel] * factors[channel] * factors[channel]
      }
    }
    return total
  }

  /// Returns the quantization step of each output channel's weights.
  private func steps(_ layout: WeightLayout, _ weights: [Double], _ factors: [Double]) -> [Double] {
    var largest = [Double](repeating: 0, count: layout.outputs)
    layout.forEach { element, output, channel, _ in
      largest[output] = max(largest[output], weights[element].magnitude / factors[channel])
    }
    return largest.map { $0 / 127 }
  }
}

extension Model {
  /// Multiplies the weights and biases of a group's producers by the factors, and divides the
  /// weights of its consumers.
  /// - Precondition: The model has the nodes of the one in which the group was found.
  mutating func apply(_ change: Equalizer.Change) throws(InfoldError) {
    let (group, factors) = (change.group, change.factors)
    for id in group.producers {
      try changeWeights(of: id) { layout, numbers in
        layout.forEach { element, output, _, _ in numbers[element] *= factors[output] }
      }
      let node = graph[id]
      if node.inputs.count > 2, let bias = node.inputs[2] {
        let tensor = graph.constant(bias)!, numbers = try tensor.numbers()
        let scaled = factors.indices.map { Float(numbers[numbers.count == 1 ? 0 : $0] * factors[$0]) }
        let shape = tensor.count == 1 ? [scaled.count] : tensor.shape
        graph.setConstant(bias, try Tensor(shape: shape, scaled))
      }
    }
    for id in group.consumers {
      try changeWeights(of: id) { layout, numbers in
        layout.forEach { element, _, channel, _ in numbers[element] /= factors[channel] }
      }
    }
  }

  private mutating func changeWeights(
    of id: NodeID, _ body: (WeightLayout, inout [Double]) -> Void
  ) throws(InfoldError) {
    let node = graph[id], value = node.inputs[1]!, tensor = graph.constant(value)!
    let layout = WeightLayout(node.typed!.quantizedForm!, node.typed!.linearForm!, shape: tensor.shape)!
    var numbers = try tensor.numbers()
    body(layout, &numbers)
    graph.setConstant(value, try Tensor(shape: tensor.shape, numbers.map { Float($0) }))
  }
}

import InfoldGraph
import InfoldOperators
import InfoldTensor

/// Derives the channel moments of a network's values from its batch normalizations, which give each
/// channel the mean beta and the standard deviation gamma. The moments propagate through element
/// functions, sums, concatenations, average pools, and products with constant weights.
package struct MomentPropagation {
  /// The known moments, by value name.
  package private(set) var moments: [String: ChannelMoments] = [:]
  private let graph: Graph

  /// Propagates the moments of all batch normalizations of a graph.
  /// - Precondition: The types of the graph's values are inferred.
  package init(_ graph: Graph) {
    self.graph = graph
    for node in graph.nodes {
      guard let output = node.outputs.first ?? nil, let channels = channels(of: output),
        let found = moments(of: node), found.count == channels, found.isFinite
      else { continue }
      moments[graph[output].name] = found
    }
  }

  private func channels(of value: ValueID) -> Int? {
    guard let shape = graph[value].type?.shape, shape.rank >= 2 else { return nil }
    return shape[1].size
  }

  private func known(_ value: ValueID?) -> ChannelMoments? { value.flatMap { moments[graph[$0].name] } }

  private func moments(of node: Node) -> ChannelMoments? {
    guard let typed = node.typed else { return nil }
    if let normalization = typed as? BatchNormalization { return normalized(node, normalization) }
    if node.inputs.count == 2, let function = typed.elementCombination?.function {
      return combined(node, function)
    }
    if case .concatenation? = typed.quantizedForm {
      let parts = node.inputs.compactMap(known)
      return parts.count == node.inputs.count ? .joined(parts) : nil
    }
    guard let input = known(node.inputs.first ?? nil) else { return nil }
    if typed.forwardsInput({ index in node.inputs[index].map { graph.constant($0) != nil } ?? true }) { return input }
    if let bounds = graph.bounds(of: node) { return input.bounded(Double(bounds.lower), Double(bounds.upper)) }
    if graph.elementFunction(of: node) != nil { return transformed(input, by: node) }
    switch typed.quantizedForm {
    case .average: return input
    // Reshaping a vector of channels keeps the channels.
    case .movement: return type(of: typed).keepsElements && isList(node.inputs[0]!) ? input : nil
    case .convolution, .product: return multiplied(input, node, typed)
    default: return nil
    }
  }

  private func isList(_ value: ValueID) -> Bool {
    graph[value].type?.shape?.dropFirst(2).allSatisfy { $0.size == 1 } ?? false
  }

  private func normalized(_ node: Node, _ normalization: BatchNormalization) -> ChannelMoments? {
    guard normalization.isSpatial, !normalization.isTraining else { return nil }
    let parameters = node.inputs[1...].map { $0.flatMap(graph.constant).flatMap { try? $0.numbers() } }
    guard parameters.count == 4, let scale = parameters[0], let bias = parameters[1], let variance = parameters[3],
      scale.count == bias.count, variance.count == scale.count
    else { return nil }
    let epsilon = Double(normalization.epsilon)
    guard variance.allSatisfy({ $0 >= 0 && $0 + epsilon > 0 }) else { return nil }
    return ChannelMoments(
      mean: bias, deviation: zip(scale, variance).map { $0.magnitude * ($1 / ($1 + epsilon)).squareRoot() })
  }

  private func combined(_ node: Node, _ function: ElementCombination.Function) -> ChannelMoments? {
    if let a = known(node.inputs[0]), let b = known(node.inputs[1]) {
      return function == .sum && a.count == b.count ? a.adding(b) : nil
    }
    for (value, other) in [(0, 1), (1, 0)] {
      guard let input = known(node.inputs[value]), let rank = graph[node.inputs[value]!].type?.shape?.rank,
        let tensor = node.inputs[other].flatMap(graph.constant),
        let numbers = perChannel(tensor, rank: rank, channels: input.count)
      else { continue }
      let ones = numbers.map { _ in 1.0 }, zeros = numbers.map { _ in 0.0 }
      switch function {
      case .sum: return input.mapped(scale: ones, offset: numbers)
      case .product: return input.mapped(scale: numbers, offset: zeros)
      case .difference where value == 0: return input.mapped(scale: ones, offset: numbers.map { -$0 })
      case .quotient where value == 0: return input.mapped(scale: numbers.map { 1 / $0 }, offset: zeros)
      default: return nil
      }
    }
    return nil
  }

  private func perChannel(_ tensor: Tensor, rank: Int, channels: Int) -> [Double]? {
    guard tensor.shape.count <= rank, let numbers = try? tensor.numbers() else { return nil }
    if numbers.count == 1 { return Array(repeating: numbers[0], count: channels) }
    let axis = tensor.shape.count - rank + 1
    guard axis >= 0, numbers.count == channels, tensor.shape[axis] == channels else { return nil }
    return numbers
  }

  /// Returns the moments after an element function, integrated numerically at evenly spaced points.
  private func transformed(_ input: ChannelMoments, by node: Node) -> ChannelMoments? {
    let half = 64, step = ChannelMoments.defaultDeviations / Double(half)
    let places = (-half...half).map { Double($0) * step }
    var numbers: [Float] = []
    for channel in input.mean.indices {
      numbers += places.map { Float(input.mean[channel] + $0 * input.deviation[channel]) }
    }
    let operands =
      [try? Tensor(shape: [1, input.count, places.count], numbers)]
      + node.inputs.dropFirst().map { $0.flatMap(graph.constant) }
    guard let results = try? node.evaluate(operands), let tensor = results.first ?? nil,
      let values = try? tensor.numbers(),
      values.count == numbers.count
    else { return nil }
    let density = places.map { ClippedNormal.weight($0) }
    let total = density.reduce(0, +)
    var result = input
    for channel in input.mean.indices {
      let own = values[channel * places.count..<(channel + 1) * places.count]
      let mean = zip(own, density).reduce(0) { $0 + $1.0 * $1.1 } / total
      let square = zip(own, density).reduce(0) { $0 + ($1.0 - mean) * ($1.0 - mean) * $1.1 } / total
      guard let least = own.min(), let greatest = own.max(), least <= greatest else { return nil }
      result.mean[channel] = mean
      result.deviation[channel] = square.squareRoot()
      result.reach[channel] = least...greatest
    }
    return result
  }

  /// Returns the moments of a product with weights, assuming that the input channels are
  /// independent.
  private func multiplied(_ input: ChannelMoments, _ node: Node, _ typed: any Operator) -> ChannelMoments? {
    guard !input.isEstimated, let form = typed.quantizedForm, let linear = typed.linearForm,
      let tensor = node.inputs[1].flatMap(graph.constant), let weights = try? tensor.numbers(),
      let layout = WeightLayout(form, linear, shape: tensor.shape), layout.inputs * layout.groups == input.count
    else { return nil }
    let alpha = Double(linear.alpha)
    var mean = [Double](repeating: 0, count: layout.outputs), variance = mean
    if node.inputs.count > 2, let id = node.inputs[2] {
      guard let bias = graph.constant(id).flatMap({ try? $0.numbers() }), [1, layout.outputs].contains(bias.count)
      else { return nil }
      mean = mean.indices.map { bias[bias.count == 1 ? 0 : $0] * Double(linear.beta) }
    }
    layout.forEach { element, output, channel, _ in
      let weight = weights[element] * alpha
      mean[output] += weight * input.mean[channel]
      variance[output] += weight * weight * input.deviation[channel] * input.deviation[channel]
    }
    return ChannelMoments(mean: mean, deviation: variance.map { $0.squareRoot() }, isEstimated: true)
  }
}

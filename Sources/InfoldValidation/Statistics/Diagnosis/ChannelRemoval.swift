import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// The parameters and multiplications that removing channels would save, if they are constant over
/// a data set.
///
/// A channel can be removed if it has a filter of its own, and if all of its consumers can do
/// without it. Element functions, normalizations, max and global pools, and depthwise convolutions
/// forward it as a constant. A later convolution or matrix product loses an input channel, and the
/// constant is added to its bias. If a convolution pads with zeros, only a constant 0 can be
/// removed. A sum, a concatenation or any other operator in between keeps the channel.
public struct ChannelRemoval: Sendable, Encodable {
  /// The number of constant channels of all normalizations.
  public internal(set) var constantChannels = 0
  /// The number of constant channels that can be removed.
  public internal(set) var removableChannels = 0
  /// The number of parameters that would be removed from filters, normalizations and consumers.
  public internal(set) var parameters = 0
  /// These parameters as a share of the weights of all convolutions, matrix products and
  /// normalizations.
  public internal(set) var parameterShare = 0.0
  /// The multiplications that would be saved, as a share of those of all convolutions and matrix
  /// products. `nil` if sizes are unknown.
  public internal(set) var multiplicationShare: Double?
}

extension ChannelRemoval {
  init(_ statistics: ModelStatistics, _ layers: [StatisticsDiagnosis.Layer]) {
    var search = ChannelRemovalSearch(statistics)
    for (layer, diagnosis) in zip(statistics.layers, layers) {
      constantChannels += diagnosis.constantChannels.count
      if layer.statistics.granularity == .featureMap {
        removableChannels += search.remove(diagnosis.constantChannels, of: layer)
      }
    }
    let saved = search.saved
    (parameters, parameterShare, multiplicationShare) = (saved.parameters, saved.parameterShare, saved.macShare)
  }
}

/// Finds the removable channels, and the parameters that would be removed with them.
struct ChannelRemovalSearch {
  private let graph: Graph
  /// The output channels and the input channels to remove, by node.
  private var outputs: [NodeID: Set<Int>] = [:]
  private var inputs: [NodeID: Set<Int>] = [:]

  init(_ statistics: ModelStatistics) {
    let original = statistics.original.graph
    // Shapes for counting multiplications: those of one sample, if only the batch size is dynamic.
    var graph = (try? original.bindingBatch(to: 1)) ?? original
    graph.recordConstants()
    self.graph = graph
  }

  /// The constants of some channels of a value.
  private struct Constants {
    var value: ValueID
    /// The constants by channel.
    var numbers: [Int: Double]
  }

  /// Removes constant channels of a normalization where possible.
  /// - Returns: The number of removed channels.
  mutating func remove(_ channels: [Int], of layer: ModelStatistics.Layer) -> Int {
    guard !channels.isEmpty, let normalized = normalized(channels, of: layer) else { return 0 }
    let (makers, made) = makers(of: layer.node, channels)
    // Remove each channel separately: one that is padded with another value than 0 must not keep
    // the others.
    var gone = 0
    for (channel, number) in normalized.numbers.sorted(by: { $0.key < $1.key }) where made.contains(channel) {
      var readers: [(node: NodeID, channel: Int, isForwarded: Bool)] = []
      guard follow(normalized.value, channel, number, &readers), !readers.isEmpty else { continue }
      gone += 1
      for maker in makers { outputs[maker, default: []].insert(channel) }
      outputs[layer.node, default: []].insert(channel)
      for reader in readers {
        if reader.isForwarded {
          outputs[reader.node, default: []].insert(reader.channel)
        } else {
          inputs[reader.node, default: []].insert(reader.channel)
        }
      }
    }
    return gone
  }

  /// Returns the normalization's outputs for channels that equal their means.
  private func normalized(_ channels: [Int], of layer: ModelStatistics.Layer) -> Constants? {
    let node = graph[layer.node]
    guard let operation = node.typed as? BatchNormalization, !operation.isTraining, operation.isSpatial,
      let output = node.outputs[0], let map = affineMap(of: node)
    else { return nil }
    let numbers = channels.map { ($0, layer.mean[$0] * map.scale[$0] + map.shift[$0]) }
    return Constants(value: output, numbers: Dictionary(uniqueKeysWithValues: numbers.filter { $0.1.isFinite }))
  }

  private func affineMap(of node: Node) -> (scale: [Double], shift: [Double])? {
    guard let operation = node.typed as? BatchNormalization, !operation.isTraining, operation.isSpatial else {
      return nil
    }
    let parameters = node.inputs[1...].map { $0.flatMap(graph.constant).flatMap { try? $0.numbers() } }
    guard parameters.count == 4, let gamma = parameters[0], let beta = parameters[1], let mean = parameters[2],
      let variance = parameters[3], Set(parameters.map { $0!.count }).count == 1
    else { return nil }
    let scale = gamma.indices.map { gamma[$0] / (variance[$0] + Double(operation.epsilon)).squareRoot() }
    return (scale, scale.indices.map { beta[$0] - mean[$0] * scale[$0] })
  }

  /// Returns the operators that compute a normalization's input and would lose filters: the
  /// convolution or product before it, and if that is a depthwise convolution, also the operator
  /// before that.
  private func makers(of id: NodeID, _ channels: [Int]) -> (nodes: [NodeID], channels: Set<Int>) {
    var nodes: [NodeID] = []
    var value = graph[id].inputs[0]!
    while graph.index.onlyConsumer(of: value) != nil, !graph.index.isCaptured(value),
      let producer = graph.index.producer(of: value)
    {
      let node = graph[producer]
      if let convolution = convolution(node) {
        nodes.append(producer)
        guard convolution.isDepthwise, let input = node.inputs[0] else { break }
        value = input
      } else if node.typed is BatchNormalization, affineMap(of: node) != nil, let input = node.inputs[0], !nodes.isEmpty
      {
        nodes.append(producer)
        value = input
      } else if graph.elementFunction(of: node) != nil, let input = node.inputs[0], !nodes.isEmpty {
        value = input
      } else if let product = product(node), product.hasConstantWeight {
        nodes.append(producer)
        break
      } else {
        break
      }
    }
    // A depthwise filter can only be removed with the channel that it reads, so the chain must
    // begin at a convolution or product of all channels.
    guard let last = nodes.last, convolution(graph[last])?.isDepthwise == false || product(graph[last]) != nil else {
      return ([], [])
    }
    return (nodes, Set(channels))
  }

  /// Follows a constant channel to its consumers.
  /// - Returns: Whether the channel can be removed at all of them.
  private func follow(
    _ value: ValueID, _ channel: Int, _ number: Double,
    _ readers: inout [(node: NodeID, channel: Int, isForwarded: Bool)]
  ) -> Bool {
    guard number.isFinite, !graph.index.isOutput(value), !graph.index.isCaptured(value), readers.count < 10_000 else {
      return false
    }
    for id in graph.index.consumers(of: value) {
      let node = graph[id]
      guard node.inputs.count(where: { $0 == value }) == 1, node.inputs[0] == value, let output = node.outputs[0],
        node.outputs.dropFirst().allSatisfy({ $0 == nil })
      else { return false }
      if let convolution = convolution(node) {
        guard number == 0 || convolution.isUnpadded else { return false }
        guard convolution.isDepthwise else {
          readers.append((id, channel, false))
          continue
        }
        readers.append((id, channel, true))
        guard follow(output, channel, convolution.constant(channel, number), &readers) else { return false }
      } else if let product = product(node) {
        guard product.hasConstantWeight, graph[value].type?.shape?.rank == 2 else { return false }
        readers.append((id, channel, false))
      } else if node.typed is BatchNormalization, let map = affineMap(of: node) {
        readers.append((id, channel, true))
        guard follow(output, channel, number * map.scale[channel] + map.shift[channel], &readers) else { return false }
      } else if graph.elementFunction(of: node) != nil {
        guard let next = evaluated(node, number), follow(output, channel, next, &readers) else { return false }
      } else if isChannelwisePool(node) || isFlattening(node, from: value, to: output) {
        guard follow(output, channel, number, &readers) else { return false }
      } else {
        return false
      }
    }
    return true
  }

  /// Returns the result of an element function for one number, as evaluated by the operator itself.
  private func evaluated(_ node: Node, _ number: Double) -> Double? {
    guard let tensor = try? Tensor(shape: [1], [Float(number)]) else { return nil }
    let operands = node.inputs.enumerated().map { index, input in index == 0 ? tensor : input.flatMap(graph.constant) }
    let isComplete = zip(node.inputs, operands).allSatisfy { ($0 == nil) == ($1 == nil) }
    guard isComplete, let result = try? node.evaluate(operands).first ?? nil else { return nil }
    return (try? result.numbers())?.first
  }

  /// Whether the node is a pool that maps a constant to a constant, independent of padding.
  private func isChannelwisePool(_ node: Node) -> Bool {
    node.typed is GlobalAveragePool || node.typed is GlobalMaxPool || node.typed is MaxPool
  }

  /// Whether the node reshapes [N, C, 1, …] to [N, C].
  private func isFlattening(_ node: Node, from input: ValueID, to output: ValueID) -> Bool {
    guard node.typed is Flatten || node.typed is Reshape || node.typed is Squeeze,
      let from = graph[input].type?.shape, let to = graph[output].type?.shape, to.rank == 2, from.rank >= 2
    else { return false }
    return from[1].size != nil && from[1] == to[1] && from.dropFirst(2).allSatisfy { $0.size == 1 }
  }
}

extension ChannelRemovalSearch {
  /// A convolution with a constant weight, with one group or one group per channel.
  private struct Convolution {
    let isDepthwise: Bool
    let isUnpadded: Bool
    let weight: Tensor
    let bias: Tensor?

    /// The result of a depthwise convolution for a constant channel.
    func constant(_ channel: Int, _ number: Double) -> Double {
      let perChannel = weight.count / max(weight.shape[0], 1)
      let weights = (try? weight.numbers()[(channel * perChannel)..<((channel + 1) * perChannel)]) ?? []
      let bias = (try? bias?.numbers()[channel]) ?? nil
      return weights.reduce(0) { $0 + $1 * number } + (bias ?? 0)
    }
  }

  private func convolution(_ node: Node) -> Convolution? {
    guard let conv = node.typed as? Conv, let weight = node.inputs[1].flatMap(graph.constant), weight.shape.count > 2
    else { return nil }
    let bias = node.inputs.count > 2 ? node.inputs[2] : nil
    guard bias == nil || graph.constant(bias!) != nil else { return nil }
    let isDepthwise = conv.group > 1 && conv.group == weight.shape[0] && weight.shape[1] == 1
    guard isDepthwise || conv.group == 1 else { return nil }
    guard let window = try? conv.window(kernel: Array(weight.shape[2...])) else { return nil }
    let isUnpadded =
      switch window.padding {
      case .explicit(let before, let after): (before + after).allSatisfy { $0 == 0 }
      case .sameUpper, .sameLower: window.kernel.allSatisfy { $0 == 1 }
      }
    return Convolution(
      isDepthwise: isDepthwise, isUnpadded: isUnpadded, weight: weight, bias: bias.flatMap(graph.constant))
  }

  /// A matrix product whose second operand is a constant matrix.
  private func product(_ node: Node) -> (hasConstantWeight: Bool, rows: Int, columns: Int)? {
    let isTransposed: Bool
    switch node.typed {
    case let gemm as Gemm where !gemm.transA: isTransposed = gemm.transB
    case is MatMul: isTransposed = false
    default: return nil
    }
    guard let weight = node.inputs[1].flatMap(graph.constant), weight.shape.count == 2 else { return (false, 0, 0) }
    return (true, weight.shape[isTransposed ? 1 : 0], weight.shape[isTransposed ? 0 : 1])
  }

  /// The removed parameters, and the shares of all parameters and multiplications.
  var saved: (parameters: Int, parameterShare: Double, macShare: Double?) {
    var (all, gone) = (0, 0)
    var (work, goneWork) = (0.0, 0.0)
    var isKnown = true
    for id in graph.nodeIDs {
      let node = graph[id]
      let out = outputs[id]?.count ?? 0, into = inputs[id]?.count ?? 0
      var share = 0.0
      if let convolution = convolution(node) {
        let weight = convolution.weight, filters = weight.shape[0]
        let perFilter = weight.count / max(filters, 1), window = weight.shape[2...].reduce(1, *)
        let left = (filters - out) * (perFilter - (convolution.isDepthwise ? 0 : into * window))
        let biases = convolution.bias == nil ? 0 : out
        all += weight.count + (convolution.bias?.count ?? 0)
        gone += weight.count - left + biases
        share = weight.count == 0 ? 0 : 1 - Double(left) / Double(weight.count)
      } else if let product = product(node), product.hasConstantWeight {
        let count = product.rows * product.columns
        let left = (product.rows - into) * (product.columns - out)
        all += count
        gone += count - left
        share = count == 0 ? 0 : 1 - Double(left) / Double(count)
      } else if node.typed is BatchNormalization {
        let count = node.inputs[1...].compactMap { $0.flatMap(graph.constant)?.count }.reduce(0, +)
        all += count
        gone += min(4 * out, count)
        continue
      } else {
        continue
      }
      if let count = graph.multiplyAccumulates(of: node) {
        work += Double(count)
        goneWork += Double(count) * share
      } else {
        isKnown = false
      }
    }
    return (gone, all == 0 ? 0 : Double(gone) / Double(all), isKnown && work > 0 ? goneWork / work : nil)
  }
}

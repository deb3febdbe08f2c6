import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// The constant parameters of a batch normalization at inference, in double precision.
struct NormalizationParameters {
  /// The shape of the parameters, per feature map or per activation.
  let shape: [Int]
  let scale, bias, mean, variance: [Double]
  let epsilon: Double

  /// Reads the parameters of a node.
  /// - Throws: `ChannelMap.Refusal` if one of them is not a constant, or their numbers of elements
  ///   differ.
  init(_ node: Node, epsilon: Float, in graph: Graph) throws(ChannelMap.Refusal) {
    var elements: [[Double]] = []
    for (name, input) in zip(Self.names, node.inputs[1...]) {
      elements.append(try graph.doubles(input, called: "its \(name)"))
    }
    guard elements.allSatisfy({ $0.count == elements[0].count }) else {
      throw ChannelMap.Refusal(
        "its parameters have \(elements.map { String($0.count) }.joined(separator: ", ")) elements")
    }
    shape = graph.constant(node.inputs[1]!)!.shape
    (scale, bias, mean, variance) = (elements[0], elements[1], elements[2], elements[3])
    self.epsilon = Double(epsilon)
  }

  private static let names = ["scale", "bias", "mean", "variance"]

  /// The divisors: √(σ² + ε).
  var deviation: [Double] { variance.map { BatchNormalization.deviation($0, epsilon: epsilon) } }

  /// The first channel in which σ² + ε is not positive.
  var firstWithoutDeviation: Int? { variance.firstIndex { $0 + epsilon <= 0 } }

  /// Checks the parameters.
  /// - Throws: `ChannelMap.Refusal` if a number is not finite, or σ² + ε is not positive.
  func requireFinite() throws(ChannelMap.Refusal) {
    for (name, numbers) in zip(Self.names, [scale, bias, mean, variance]) {
      if let channel = numbers.firstIndex(where: { !$0.isFinite }) {
        throw ChannelMap.Refusal("its \(name) is \(numbers[channel]) in channel \(channel)")
      }
    }
    if let channel = firstWithoutDeviation {
      throw ChannelMap.Refusal(
        "its variance is \(variance[channel]) in channel \(channel), so that variance + epsilon is not positive")
    }
  }
}

extension ChannelAffine {
  /// Creates the map of a batch normalization at inference. σ² + ε may be any number.
  init(_ parameters: NormalizationParameters) {
    let scale = zip(parameters.scale, parameters.deviation).map { $0 / $1 }
    let statistics = Statistics(
      size: zip(parameters.scale, parameters.bias).map { $0.magnitude + $1.magnitude },
      deviation: zip(scale, parameters.variance).map { $0.magnitude * max($1, 0).squareRoot() })
    self.init(Step(center: parameters.mean, scale: scale, offset: parameters.bias, statistics: statistics))
  }
}

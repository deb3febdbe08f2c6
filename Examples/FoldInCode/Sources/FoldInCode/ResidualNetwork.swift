import Infold

/// Three convolutions, the last one with a residual connection: x [N, 3, 32, 32] → scores [N, 10].
/// The weights are random.
func residualNetwork() throws(InfoldError) -> Model {
  var random = SplitMix64(seed: 1)
  var network = ModelBuilder("residual")
  let x = try network.input("x", shape: ["N", 3, 32, 32])
  let first = try network.relu(network.normalizedConvolution(x, from: 3, to: 16, stride: 2, "1", &random))
  let second = try network.relu(network.normalizedConvolution(first, from: 16, to: 32, stride: 2, "2", &random))
  let third = try network.normalizedConvolution(second, from: 32, to: 32, "3", &random)
  let sum = try network.relu(network.add(third, second))
  let averages = try network.flatten(network.globalAveragePool(sum))
  try network.output(network.dense(averages, weight: randomTensor([10, 32], in: -1...1, &random)), named: "scores")
  return try network.model()
}

extension ModelBuilder {
  /// Conv 3×3 and BatchNormalization. Its statistics, mean 0 and variance 1, are a guess.
  fileprivate mutating func normalizedConvolution(
    _ x: ValueID, from inputs: Int, to channels: Int, stride: Int = 1, _ name: String, _ random: inout SplitMix64
  ) throws(InfoldError) -> ValueID {
    let spread = (2 / Float(9 * inputs)).squareRoot()
    let weight = try randomTensor([channels, inputs, 3, 3], in: -spread...spread, &random)
    let convolved = try convolution(x, weight: weight, stride: stride, padding: 1, named: name + ".conv")
    return try batchNormalization(
      convolved,
      scale: randomTensor([channels], in: 0.5...2, &random), bias: randomTensor([channels], in: -0.5...0.5, &random),
      mean: Tensor(zeros: [channels], of: .float32), variance: Tensor(repeating: 1 as Float, shape: [channels]),
      named: name + ".normalization")
  }
}

private func randomTensor(
  _ shape: [Int], in range: ClosedRange<Float>, _ random: inout SplitMix64
) throws(InfoldError) -> Tensor {
  try Tensor(shape: shape, of: Float.self) { elements in
    for index in elements.indices { elements[index] = Float.random(in: range, using: &random) }
  }
}

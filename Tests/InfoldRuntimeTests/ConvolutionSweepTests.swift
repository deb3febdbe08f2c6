import InfoldOperators
import InfoldRuntime
import TestSupport
import Testing

/// Convolutions of random sizes with fused epilogues. Errors are relative to the sum of the magnitudes of all summands.
@Suite struct ConvolutionSweepTests {
  @Test(arguments: 0..<16) func convolutions(block: UInt64) throws {
    for seed in (block * 40)..<(block * 40 + 40) { try check(RandomConvolution(seed: seed)) }
  }

  /// Heights and widths of one and two.
  @Test(arguments: 0..<8) func smallImages(block: UInt64) throws {
    for seed in (block * 40)..<(block * 40 + 40) { try check(RandomConvolution(seed: seed + 10_000, largest: 2)) }
  }

  private func check(_ convolution: RandomConvolution) throws {
    let seed = convolution.seed
    let graph = try convolution.graph()
    let inputs = try graph.randomInputs(seed: seed)
    let magnitudes = try convolution.magnitudes().truth(
      inputs.mapValues { try $0.mapped { (x: Float) in x.magnitude } })
    let largest = try magnitudes.outputs[0].numbers().max() ?? 0
    for (precision, tolerance) in [(SessionOptions.Precision.exact, 1e-6), (.fast, 4e-6)] {
      try expectAgreement(
        graph, inputs, Expectation(tolerance: tolerance, scale: largest + 1, precisions: [precision]),
        "\(convolution)")
    }
  }

  /// An image size for which the largest tiles of Winograd's algorithm are chosen.
  @Test func largeImages() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 16, 113, 112])
    let y = try network.node(
      "Conv", [x, try network.weights([16, 16, 3, 3]), try network.weights([16])], ["pads": .ints([1, 0, 1, 1])])
    // 144 products of numbers up to 1.
    try expectAgreement(try network.finished(y), nil, Expectation(tolerance: 4e-6, scale: 144))
  }
}

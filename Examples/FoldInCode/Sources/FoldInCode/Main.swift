import Glibc
import Infold
import InfoldValidation

/// Builds a network, measures the statistics of its batch normalizations, folds them, validates the
/// fold, and saves the model.
@main
enum Main {
  static func main() throws(InfoldError) {
    let path = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "folded.onnx"

    // 1. Build. The weights are random, and the batch normalizations have arbitrary statistics.
    let model = try residualNetwork()
    print("built", model.graph.nodes.count, "nodes")

    // 2. Estimate the statistics without training. Each batch normalization sees the data as
    //    normalized by the previous ones.
    let collector = try StatisticsCollector(model, options: .init(batchSize: 16, isSequential: true))
    let statistics = try collector.collect(sampleCount: 64) { index throws(InfoldError) in ["x": try picture(index)] }
    for layer in statistics.layers {
      print("saw", layer.name, "variance", range(layer.storedVariance!), "is", range(layer.variance))
    }
    let estimated = try statistics.model()

    // 3. Fold, and save a model that any ONNX runtime can load.
    let folded = try FoldBatchNormalization().fold(estimated)
    for site in folded.report.sites { print("folded", site) }
    try folded.model.write(to: path)

    // 4. Validate the file: all weights, all layers, and the scores of pictures that were not used
    //    for the statistics.
    let samples = try (64..<68).map { index throws(InfoldError) in
      FoldValidation.Sample(name: "picture \(index)", inputs: ["x": try picture(index)])
    }
    let proof = try FoldValidation(estimated, folded: Model(path: path)).run(samples)
    print("checked", proof.constants.count, "weights and biases:", proof.constants.wrong, "are wrong")
    guard proof.passed else {
      print("the fold is wrong:", proof.reasons)
      exit(1)
    }

    // 5. Run.
    let scores = try Session(Model(path: path)).run(["x": picture(0)])["scores"]!
    print("runs", folded.model.graph.nodes.count, "nodes, and the best class is", try scores.topK(1)[0][0].index)
  }

  /// A picture with coarse and fine structures, like a photograph.
  private static func picture(_ index: Int) throws(InfoldError) -> Tensor {
    var random = SplitMix64(seed: UInt64(index))
    return try Tensor(naturalImage: [1, 3, 32, 32], of: .float32, using: &random)
  }

  /// The minimum and maximum of some numbers, with two digits.
  private static func range(_ numbers: [Double]) -> String {
    let ends = [numbers.min()!, numbers.max()!].map { "\(($0 * 100).rounded() / 100)" }
    return ends[0] == ends[1] ? ends[0] : ends.joined(separator: "…")
  }
}

import InfoldGraph
import InfoldImage
import InfoldONNX
import InfoldOperators
import InfoldPasses
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// EfficientNet-Lite0, compared with the results of ONNX Runtime in `Tests/Recorded/efficientnet-lite0`.
@Suite(.enabled(if: isOptimizedBuild, "whole networks take minutes without optimization"))
struct EfficientNetTests {
  /// With and without passes: two ways to compute the same numbers.
  static let options = [
    SessionOptions(), SessionOptions(foldBatchNormalization: false), SessionOptions(optimize: false),
  ]

  private let model: Model

  init() throws {
    model = try Model(path: repositoryFolder + "/Models/efficientnet-lite0.onnx", operators: .standard)
  }

  private func recorded(_ name: String) throws -> [Float] {
    try NumPyFile.read(repositoryFolder + "/Tests/Recorded/efficientnet-lite0/\(name).npy").elements()
  }

  private func expect(_ probabilities: Tensor?, _ row: Int, of expected: [Float]) throws {
    let probabilities = try #require(probabilities).elements(as: Float.self)
    #expect(probabilities.count == 1000)
    let difference = zip(probabilities, expected[(row * 1000)...]).map { abs($0 - $1) }.max() ?? .infinity
    #expect(difference <= 1e-5)
  }

  @Test(arguments: options) func agreesOnRandomInputs(_ options: SessionOptions) throws {
    let session = try Session(model, options: options)
    let expected = try recorded("random")
    for seed in 0..<20 {
      var random = SplitMix64(seed: UInt64(seed))
      let input = try Tensor(random: [1, 3, 224, 224], of: .float32, using: &random)
      try expect(session.run(["input": input])["probs"], seed, of: expected)
    }
  }

  @Test func agreesOnPictures() throws {
    let session = try Session(model)
    let expected = try recorded("pictures")
    for (row, name) in ["cat", "cup"].enumerated() {
      let picture = try Picture(path: repositoryFolder + "/Tests/Recorded/efficientnet-lite0/\(name).png")
      try expect(session.run(["input": picture.normalized()])["probs"], row, of: expected)
    }
  }

  /// A matrix unit multiplies split or rounded factors. Its instructions are plain functions.
  @Test(arguments: [(.fast, 1e-5), (.bfloat16, 0.05)] as [(SessionOptions.Precision, Float)])
  func agreesWithAMatrixUnit(precision: SessionOptions.Precision, tolerance: Float) throws {
    var options = SessionOptions(precision: precision)
    options.emulatedUnit = .everywhere
    let session = try Session(model, options: options)
    let steps = try session.planDescription(for: ["input": [1, 3, 224, 224]]).parts.flatMap(\.steps)
    #expect(steps.count { $0.algorithm.contains("bfloat16") } >= 20)
    let expected = try recorded("pictures")
    for (row, name) in ["cat", "cup"].enumerated() {
      let picture = try Picture(path: repositoryFolder + "/Tests/Recorded/efficientnet-lite0/\(name).png")
      let result = try session.run(["input": picture.normalized()])["probs"]!.elements(as: Float.self)
      let wanted = Array(expected[(row * 1000)..<(row * 1000 + 1000)])
      let difference = zip(result, wanted).map { abs($0 - $1) }.max()!
      #expect(difference <= tolerance, "\(name), \(precision): \(difference)")
      #expect(result.firstIndex(of: result.max()!) == wanted.firstIndex(of: wanted.max()!))
    }
  }

  @Test func agreesInABatch() throws {
    let session = try Session(model)
    let expected = try recorded("random")
    var pixels: [Float] = []
    for seed in 0..<3 {
      var random = SplitMix64(seed: UInt64(seed))
      pixels += try Tensor(random: [1, 3, 224, 224], of: .float32, using: &random).elements(as: Float.self)
    }
    let outputs = try session.run(["input": Tensor(shape: [3, 3, 224, 224], pixels)])
    let probabilities = try #require(outputs["probs"])
    #expect(probabilities.shape == [3, 1000])
    for row in 0..<3 {
      let elements = try probabilities.elements(as: Float.self)[(row * 1000)..<((row + 1) * 1000)]
      try expect(Tensor(shape: [1, 1000], Array(elements)), row, of: expected)
    }
  }

  @Test func foldsEveryNormalization() throws {
    let outcome = try FoldBatchNormalization().fold(model.graph)
    let (folded, report) = (outcome.graph, outcome.report)
    #expect(report.foldedNormalizations == 49)
    #expect(report.refusals.isEmpty)
    #expect(!folded.nodes.contains { $0.opType == "BatchNormalization" })
  }
}

extension Picture {
  /// (value − 127) / 128 as [1, 3, height, width].
  fileprivate func normalized() throws -> Tensor {
    var elements: [Float] = []
    for channel in 0..<3 {
      for pixel in 0..<(width * height) { elements.append((Float(pixels[pixel * 3 + channel]) - 127) / 128) }
    }
    return try Tensor(shape: [1, 3, height, width], elements)
  }
}

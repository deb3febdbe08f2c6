import Foundation
import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldQuantization
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// A small network for handwritten digits, and labeled digits that it was not trained on.
@Suite struct DigitsTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Recorded/digits").path
  private let model: Model
  private let images: Tensor
  private let labels: [UInt8]

  init() throws {
    model = try Model(path: Self.folder + "/digits.onnx", operators: .standard)
    let pixels = try NumPyFile.read(Self.folder + "/images.npy")
    images = try Tensor(shape: pixels.shape, pixels.elements(as: UInt8.self).map { Float($0) / 16 })
    labels = try NumPyFile.read(Self.folder + "/labels.npy").elements()
  }

  /// Returns the last 32 digits as samples. Accuracy is measured on the others.
  private func samples() throws -> [[String: Tensor]] {
    let numbers: [Float] = try images.elements()
    return try (labels.count - 32..<labels.count).map {
      ["image": try Tensor(shape: [1, 1, 8, 8], Array(numbers[$0 * 64..<($0 + 1) * 64]))]
    }
  }

  private func scores(_ model: Model) throws -> [Float] {
    let session = try Session(model, options: SessionOptions(threads: 1))
    let output: Tensor = try session.run(images)
    return Array(try output.elements(as: Float.self).prefix((labels.count - 32) * 10))
  }

  /// Returns the number of recognized digits, and the signal-to-noise ratio of the scores.
  private func quality(_ network: QuantizedNetwork) throws -> (correct: Int, decibels: Double) {
    let before = try scores(model), after = try scores(network.model)
    var (signal, noise) = (0.0, 0.0)
    for (a, b) in zip(before, after) {
      signal += Double(a) * Double(a)
      noise += Double(b - a) * Double(b - a)
    }
    return (correct(after), 10 * log10(signal / noise))
  }

  private func correct(_ scores: [Float]) -> Int {
    (0..<scores.count / 10).count { row in
      let own = scores[row * 10..<(row + 1) * 10]
      return own.indices.max { own[$0] < own[$1] }! - row * 10 == Int(labels[row])
    }
  }

  private func quantizer(_ options: QuantizationOptions = QuantizationOptions()) throws -> StaticQuantizer {
    try StaticQuantizer(model, options: options, session: SessionOptions(threads: 1))
  }

  @Test func withoutSamples() throws {
    let network = try quantizer().quantizeWithoutSamples(ranges: ["image": 0...1])
    let (found, decibels) = try quality(network)
    let floats = correct(try scores(model))
    #expect(floats > 540 && found >= floats - 6, "\(found) of \(floats)")
    #expect(decibels > 18, "\(decibels) dB")
    // The range of the picture is given. All other ranges come from batch normalizations, and the
    // last one is an estimate.
    #expect(!network.activations.contains { $0.origin == .noise || $0.origin == .samples })
    #expect(network.activations.first?.origin == .given && network.activations.last?.origin == .estimate)
  }

  @Test func withSamples() throws {
    let (plain, all) = (
      try quantizer(QuantizationOptions(equalizesChannels: false, correctsBiases: false)).quantize(samples()),
      try quantizer(QuantizationOptions(rounding: .search(limit: 10))).quantize(samples())
    )
    let (before, after) = (try quality(plain), try quality(all))
    let floats = correct(try scores(model))
    #expect(after.correct >= floats - 3, "\(after.correct) of \(floats)")
    #expect(after.decibels > before.decibels + 2, "\(after.decibels) dB, and \(before.decibels) before")
    #expect(all.steps.map(\.method) == [.plain, .biasCorrection, .equalization, .roundingSearch])
    #expect(all.unsearchedLayers.isEmpty)
  }

  @Test func aLimitLeavesTheDearestLayersOut() throws {
    let network = try quantizer(QuantizationOptions(rounding: .search(limit: 0.001))).quantize(samples())
    #expect(!network.unsearchedLayers.isEmpty && network.unsearchedLayers.count < 11)
  }

  @Test func aBudgetIsSpentWhereItHelps() throws {
    let network = try quantizer(QuantizationOptions(floatBudget: 10)).quantize(samples())
    #expect(!network.floatNodes.isEmpty)
    #expect(network.floatNodes.reduce(0) { $0 + $1.share } <= 10)
    let steps = network.steps.filter(\.isKept)
    #expect(steps.last?.method == .floatNodes)
    #expect(steps.last!.decibels! > steps[steps.count - 2].decibels!)
    let ratios = network.floatNodes.compactMap(\.decibels)
    #expect(ratios == ratios.sorted())
    #expect(network.operationCount < (try quantizer().operationCount))
  }

  @Test func isTheSameEveryTime() throws {
    let options = QuantizationOptions(method: .meanSquaredError, rounding: .search(limit: 10), floatBudget: 3)
    var files: [[UInt8]] = []
    for threads in [1, 2] {
      let quantizer = try StaticQuantizer(model, options: options, session: SessionOptions(threads: threads))
      files.append(try quantizer.quantize(samples()).model.serialized())
    }
    #expect(files[0] == files[1])
  }
}

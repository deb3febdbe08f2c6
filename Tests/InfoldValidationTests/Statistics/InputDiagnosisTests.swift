import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import InfoldValidation
import TestSupport
import Testing

/// A small network with the statistics of pictures scaled from −1 to 1, and pictures with wrong
/// preprocessing.
@Suite struct InputDiagnosisTests {
  private static let side = 48

  /// Three convolutions with normalizations for an input of any size.
  private static func network(seed: UInt64, channelsLast: Bool = false) throws -> Model {
    var network = NetworkBuilder(seed: seed)
    var x = network.input(channelsLast ? ["N", "H", "W", 3] : ["N", 3, "H", "W"])
    if channelsLast { x = try network.node("Transpose", [x], ["perm": .ints([0, 3, 1, 2])]) }
    var channels = 3
    for (index, width) in [12, 16, 24].enumerated() {
      x = try network.node(
        "Conv", [x, network.weights([width, channels, 3, 3], in: -0.4...0.4)],
        ["strides": .ints(index == 0 ? [2, 2] : [1, 1]), "pads": .ints([1, 1, 1, 1])])
      x = try network.node("Relu", [network.normalization(x, channels: width, name: "bn\(index)")])
      channels = width
    }
    return Model(graph: try network.finished(x), opsetImports: [Model.OpsetImport(version: 13)])
  }

  /// The network with the statistics of correctly preprocessed pictures.
  private static func trained(_ model: Model, on samples: [Tensor]) throws -> Model {
    let options = StatisticsCollector.Options(isSequential: true)
    return try StatisticsCollector(model, options: options).collect(sampleCount: samples.count) { ["x": samples[$0]] }
      .model()
  }

  private func trained(seed: UInt64 = 1) throws -> Model {
    let pictures = try SyntheticPictures(16, side: Self.side, seed: 100)
    return try Self.trained(try Self.network(seed: seed), on: try (0..<16).map { try pictures.tensor($0) })
  }

  private func diagnosis(_ samples: [Tensor], _ model: Model) throws -> InputDiagnosis {
    let preparation = try #require(TensorPreparation(samples, for: model))
    return try InputDiagnosis(preparation, InputFit(model), sampleCount: samples.count)
  }

  enum Mistake: CaseIterable {
    case none, colors, mean, scale, layout, size
  }

  private func samples(_ mistake: Mistake, seed: UInt64 = 200) throws -> [Tensor] {
    let pictures = try SyntheticPictures(8, side: Self.side, seed: seed)
    return try (0..<8).map { index in
      let right = try pictures.tensor(index)
      let values: [Float] = try right.elements()
      let area = Self.side * Self.side
      switch mistake {
      case .none: return right
      case .colors:
        let reversed = (0..<3).reversed().flatMap { (channel: Int) in values[channel * area..<(channel + 1) * area] }
        return try Tensor(shape: right.shape, reversed)
      case .mean: return try pictures.tensor(index, mean: 0)
      case .scale: return try pictures.tensor(index, mean: 0, deviation: 255)
      case .layout:
        let pixels = (0..<area).flatMap { (pixel: Int) -> [Float] in (0..<3).map { values[$0 * area + pixel] } }
        return try Tensor(shape: right.shape, pixels)
      case .size:
        let half = Self.side / 2
        let small = (0..<3).flatMap { channel in
          (0..<(half * half)).map { pixel in
            let start = channel * area + 2 * (pixel / half) * Self.side + 2 * (pixel % half)
            return (values[start] + values[start + 1] + values[start + Self.side] + values[start + Self.side + 1]) / 4
          }
        }
        return try Tensor(shape: [1, 3, half, half], small)
      }
    }
  }

  /// The diagnosis names each planted mistake, and no other.
  @Test(arguments: [
    (Mistake.colors, "red and blue are swapped"), (.mean, "the mean is not subtracted"),
    (.scale, "the numbers look like 0 to 1"),
    (.layout, "NHWC order, but the shape is NCHW"), (.size, "half as large as they should be"),
  ])
  func namesTheMistake(mistake: Mistake, text: String) throws {
    let found = try diagnosis(samples(mistake), trained())
    let finding = try #require(found.finding, "\(mistake): \(found.trials)")
    #expect(finding.mistakes.count == 1 && finding.mistakes[0].contains(text), "\(finding)")
    #expect(!finding.remedy.isEmpty)
    #expect(found.improvement! >= InputDiagnosis.leastImprovement)
  }

  /// No finding for correctly preprocessed samples, for three networks.
  @Test(arguments: [1, 2, 3] as [UInt64]) func blamesNothingRight(seed: UInt64) throws {
    let found = try diagnosis(samples(.none, seed: 200 + seed), trained(seed: seed))
    #expect(found.finding == nil && !found.isOfAnotherKind)
    #expect(found.trials.count > 8)
  }

  /// Samples of another kind cause no finding.
  @Test func saysWhenSamplesAreOfAnotherKind() throws {
    let model = try trained()
    var random = SplitMix64(seed: 9)
    let noise = try (0..<4).map { _ in
      let values: [Float] = try random.tensor([1, 3, Self.side, Self.side]).elements()
      return try Tensor(shape: [1, 3, Self.side, Self.side], values.map { $0 < 0 ? -1 : 1 } as [Float])
    }
    let found = try diagnosis(noise, model)
    #expect(found.isOfAnotherKind && found.finding == nil)
  }

  @Test func constantPicturesAreNoCrash() throws {
    let model = try trained()
    let black = try (0..<3).map { _ in try Tensor(repeating: Float(-1), shape: [1, 3, Self.side, Self.side]) }
    let found = try diagnosis(black, model)
    #expect(found.finding == nil && found.trials.allSatisfy { $0.divergence.isFinite && $0.spread.isFinite })
  }

  @Test func takesChannelsLast() throws {
    let pictures = try SyntheticPictures(8, side: 32, seed: 1)
    func last(_ index: Int, exchanged: Bool) throws -> Tensor {
      let values: [Float] = try pictures.tensor(index).elements()
      let order = exchanged ? [2, 1, 0] : [0, 1, 2]
      return try Tensor(shape: [1, 32, 32, 3], (0..<1024).flatMap { pixel in order.map { values[$0 * 1024 + pixel] } })
    }
    let model = try Self.trained(
      try Self.network(seed: 4, channelsLast: true), on: try (0..<8).map { try last($0, exchanged: false) })
    #expect(try diagnosis((0..<8).map { try last($0, exchanged: false) }, model).finding == nil)
    let found = try #require(try diagnosis((0..<8).map { try last($0, exchanged: true) }, model).finding)
    #expect(found.mistakes == ["red and blue are swapped"])
  }

  @Test func refusesWhatItCannotTell() throws {
    let model = try trained()
    #expect(TensorPreparation([], for: model) == nil)
    #expect(TensorPreparation([try Tensor(shape: [1, 2], [Float(1), 2])], for: model) == nil)
    #expect(TensorPreparation([try Tensor(shape: [1, 3, 1, 1], [1.0, 2, 3])], for: model) == nil)
    #expect(throws: InfoldError.self) { try diagnosis([samples(.none)[0]], model) }
    let nan = try Tensor(repeating: Float.nan, shape: [1, 3, 8, 8])
    #expect(throws: InfoldError.self) { try diagnosis([nan, nan], model) }
    var plain = NetworkBuilder()
    let x = plain.input(["N", 3, 4, 4])
    let graph = try plain.finished(try plain.node("Relu", [x]))
    #expect(throws: InfoldError.self) {
      try InputFit(Model(graph: graph, opsetImports: [Model.OpsetImport(version: 13)]))
    }
  }
}

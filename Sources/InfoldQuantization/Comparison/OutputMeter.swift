import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Measures how much the outputs of quantized networks differ from those of the float network.
struct OutputMeter {
  /// The result of a measurement.
  struct Reading {
    /// The mean of the outputs' noise-to-signal energy ratios.
    let noise: Double
    let decibels: Double?
    let agreements: Int?
    let rows: Int
  }

  private let samples: [[String: Tensor]]
  private let expected: [[String: Tensor]]
  private let names: [String]
  private let options: SessionOptions

  /// The maximum number of samples that are measured.
  static let mostSamples = 64

  /// - Parameter sample: Returns the sample at an index below `count`.
  init(
    _ model: Model, _ options: SessionOptions, count: Int, _ sample: SampleSource
  ) throws(InfoldError) {
    let outputs = model.graph.outputs.filter { model.graph[$0].type?.elementType == .float32 }
    names = outputs.map { model.graph[$0].name }
    self.options = options
    let session = try Session(model.returning(outputs), options: options)
    let measured = min(count, Self.mostSamples)
    var samples: [[String: Tensor]] = [], expected = samples
    for place in 0..<measured {
      let inputs = try sample(place * count / measured)
      samples.append(inputs)
      expected.append(try session.run(inputs))
    }
    (self.samples, self.expected) = (samples, expected)
  }

  /// Measures a quantized network.
  /// - Parameter places: The number of samples to run; `nil` runs all.
  func measure(_ model: Model, samples places: Int? = nil) throws(InfoldError) -> Reading {
    let graph = model.graph
    let session = try Session(
      model.returning(graph.outputs.filter { names.contains(graph[$0].name) }), options: options)
    var qualities = names.map { _ in SignalQuality() }
    var classes = ClassAgreement()
    for place in 0..<min(places ?? samples.count, samples.count) {
      let results = try session.run(samples[place])
      for (index, name) in names.enumerated() {
        guard let before = expected[place][name], let after = results[name] else { continue }
        qualities[index].add(before, after)
        if index == 0 { try classes.add(before, after) }
      }
    }
    let ratios = qualities.compactMap(\.noiseRatio)
    let noise = ratios.isEmpty ? 0 : ratios.reduce(0, +) / Double(ratios.count)
    return Reading(
      noise: noise, decibels: ratios.isEmpty ? nil : SignalQuality.decibels(noise), agreements: classes.agreements,
      rows: classes.rows)
  }
}

/// Counts the rows of scores for which two networks have the same best class.
struct ClassAgreement {
  private(set) var agreements: Int?
  private(set) var rows = 0

  /// Compares the best classes of scores of shape [N, C], or [N, C, 1, ...].
  mutating func add(_ before: Tensor, _ after: Tensor) throws(InfoldError) {
    let shape = before.shape
    guard shape.count >= 2, shape[1] > 1, shape[2...].allSatisfy({ $0 == 1 }), before.shape == after.shape
    else { return }
    let a: [Float] = try before.elements(), b: [Float] = try after.elements()
    for row in 0..<shape[0] {
      let range = row * shape[1]..<(row + 1) * shape[1]
      rows += 1
      agreements = (agreements ?? 0) + (Self.best(a[range]) == Self.best(b[range]) ? 1 : 0)
    }
  }

  private static func best(_ scores: ArraySlice<Float>) -> Int {
    scores.indices.reduce(scores.startIndex) { scores[$1] > scores[$0] ? $1 : $0 }
  }
}

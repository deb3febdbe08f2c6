import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Where ranges and moments come from: samples, or what batch normalizations say, with random pictures for the rest.
struct Evidence {
  /// The number of samples, or of random pictures.
  let count: Int
  /// Gives one of them.
  let sample: SampleSource
  /// Whether these are samples that the caller gave.
  let isGiven: Bool
  /// What batch normalizations say of values, by their names.
  private(set) var expectations: [String: ChannelMoments]
  private let ranges: [String: ClosedRange<Double>]
  /// The network whose batch normalizations fit the random pictures; `nil` where the network itself is run.
  private var matched: Model?
  private let session: SessionOptions

  /// Samples.
  init(
    count: Int, sample: @escaping SampleSource, expectations: [String: ChannelMoments], session: SessionOptions
  ) {
    (self.count, self.sample, isGiven, matched) = (count, sample, true, nil)
    (self.expectations, ranges, self.session) = (expectations, [:], session)
  }

  /// Random pictures.
  /// - Parameter matched: The network that they are run through; it has the nodes of the one that is quantized.
  init(
    _ noise: NoiseSource, matched: Model?, expectations: [String: ChannelMoments],
    ranges: [String: ClosedRange<Double>], session: SessionOptions
  ) {
    (count, isGiven, self.matched) = (noise.count, false, matched)
    sample = { (index) throws(InfoldError) in try noise.sample(index) }
    (self.expectations, self.ranges, self.session) = (expectations, ranges, session)
  }

  /// The network that is run for second moments.
  func observed(_ model: Model) -> Model { matched ?? model }

  /// What is known of these values of a model.
  func statistics(
    _ model: Model, _ values: [ValueID], progress: (Int, Int) -> Void
  ) throws(InfoldError) -> [ValueID: ValueStatistics] {
    if isGiven { return try observe(model, values, origin: .samples, progress) }
    var result: [ValueID: ValueStatistics] = [:]
    for value in values {
      if let moments = expectations[model.graph[value].name] { result[value] = ValueStatistics(moments) }
    }
    let rest = values.filter { result[$0] == nil }
    result.merge(try observe(observed(model), rest, origin: .noise, progress)) { first, _ in first }
    for value in rest {
      guard let range = ranges[model.graph[value].name] else { continue }
      result[value]!.range = range
      result[value]!.histogram = nil
      result[value]!.origin = .given
    }
    return result
  }

  private func observe(
    _ model: Model, _ values: [ValueID], origin: RangeOrigin, _ progress: (Int, Int) -> Void
  ) throws(InfoldError) -> [ValueID: ValueStatistics] {
    guard !values.isEmpty else { return [:] }
    let statistics = try Calibrator(model, values, session, origin: origin)
      .statistics(count: count, sample) { progress($0, count) }
    return Dictionary(uniqueKeysWithValues: zip(values, statistics))
  }

  /// The same of a network whose channels were scaled.
  func scaled(_ changes: [Equalizer.Change], of model: Model) throws(InfoldError) -> Evidence {
    var result = self
    for change in changes {
      try result.matched?.apply(change)
      for value in change.group.values {
        let name = model.graph[value].name
        guard let moments = expectations[name], moments.count == change.factors.count else { continue }
        result.expectations[name] = moments.mapped(scale: change.factors, offset: change.factors.map { _ in 0 })
      }
    }
    return result
  }
}

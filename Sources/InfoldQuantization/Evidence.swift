import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// The source of ranges and moments: samples, or the statistics of batch normalizations. Random
/// pictures provide what these statistics do not determine.
struct Evidence {
  /// The number of samples or random pictures.
  let count: Int
  /// Returns one sample or random picture.
  let sample: SampleSource
  /// Whether the caller provided the samples.
  let isGiven: Bool
  /// The moments derived from batch normalizations, by value name.
  private(set) var expectations: [String: ChannelMoments]
  private let ranges: [String: ClosedRange<Double>]
  /// The network whose batch normalizations have the statistics of the random pictures; `nil` if
  /// the network itself runs.
  private var matched: Model?
  private let session: SessionOptions

  /// Creates evidence from samples.
  init(
    count: Int, sample: @escaping SampleSource, expectations: [String: ChannelMoments], session: SessionOptions
  ) {
    (self.count, self.sample, isGiven, matched) = (count, sample, true, nil)
    (self.expectations, ranges, self.session) = (expectations, [:], session)
  }

  /// Creates evidence from random pictures.
  /// - Parameter matched: The network to run the pictures through. It has the nodes of the network
  ///   to quantize.
  init(
    _ noise: NoiseSource, matched: Model?, expectations: [String: ChannelMoments],
    ranges: [String: ClosedRange<Double>], session: SessionOptions
  ) {
    (count, isGiven, self.matched) = (noise.count, false, matched)
    sample = { (index) throws(InfoldError) in try noise.sample(index) }
    (self.expectations, self.ranges, self.session) = (expectations, ranges, session)
  }

  /// Returns the network to run for second moments.
  func observed(_ model: Model) -> Model { matched ?? model }

  /// Returns the statistics of these values of a model.
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

  /// Returns the same evidence for a network whose channels were scaled.
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

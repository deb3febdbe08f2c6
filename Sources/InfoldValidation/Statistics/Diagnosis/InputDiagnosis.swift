import InfoldSystem
import InfoldTensor

/// A way of preprocessing the samples of a model. It knows variants that differ from it in one
/// respect.
public protocol InputPreparation: Sendable {
  /// The differences from the current preprocessing, in a few words each. Empty for the current one
  /// itself.
  var changes: [String] { get }
  /// The mistakes of the current preprocessing if this one is right, as one sentence for each
  /// difference.
  var mistakes: [String] { get }
  /// Instructions for preprocessing the samples in this way.
  var remedy: String { get }
  /// Variants that differ from this one in one respect.
  var alternatives: [Self] { get }
  /// The tensors of a sample, by the names of the model's inputs.
  func sample(_ index: Int) throws(InfoldError) -> [String: Tensor]
}

/// A search for the preprocessing that fits the running statistics best.
///
/// A mistake in the preprocessing of pictures, such as a wrong color order or scale, moves the
/// statistics of the first layers away from those that the batch normalizations stored in training.
/// The search prepares the same samples in other common ways, one change after the other. It judges
/// each way by the distance of means and variances from the stored ones.
public struct InputDiagnosis: Sendable, Encodable {
  /// A preprocessing that was tried.
  public struct Trial: Sendable, Encodable {
    /// The differences from the current preprocessing. Empty for the current one itself.
    public let changes: [String]
    /// The mistakes of the current preprocessing if this one is right, as one sentence for each
    /// difference.
    public let mistakes: [String]
    /// Instructions for preprocessing the samples in this way.
    public let remedy: String
    /// The distance of the samples from the running statistics, in nats: the weighted mean of the
    /// `StatisticsDiagnosis.Layer.divergence` of all layers. Layer i, counted from 0, has the
    /// weight 1 / (1 + i/4).
    public let divergence: Double
    /// The expected distance of a single sample from all samples, by the same measure.
    public let spread: Double
  }

  /// The factor by which another preprocessing must fit better to be a finding.
  public static let leastImprovement = 1.12
  /// The largest distance of the best fit from the running statistics, in spreads. Samples of
  /// another kind than the training data are farther away, whatever their preprocessing.
  static let mostSpreads = 3.0

  /// The number of samples that were prepared in all ways.
  public let samples: Int
  /// The current preprocessing and those that were tried, from the best fit to the worst.
  public let trials: [Trial]
  /// The current preprocessing.
  public let present: Trial
  /// The preprocessing that fits clearly better. `nil` if the current one fits about as well.
  public let finding: Trial?
  /// Whether no preprocessing fits: the samples seem to be of another kind than the training data.
  public let isOfAnotherKind: Bool

  /// The factor by which the finding fits better.
  public var improvement: Double? { finding.map { present.divergence / max($0.divergence, .leastNonzeroMagnitude) } }
}

extension InputDiagnosis {
  /// Tries other preprocessing on the samples of a model with running statistics.
  /// - Parameters:
  ///   - preparation: The current preprocessing.
  ///   - fit: Measures the fit of a preprocessing.
  ///   - count: The number of samples, at least 2.
  ///   - progress: Called with the number of variants that have been measured.
  /// - Throws: The errors of the current preprocessing, and those of running the model on it.
  ///   Variants that throw are skipped.
  public init(
    _ preparation: some InputPreparation, _ fit: InputFit, sampleCount count: Int,
    progress: (_ done: Int) -> Void = { _ in }
  ) throws(InfoldError) {
    guard count > 1 else {
      throw InfoldError(
        .invalidArgument, "one sample is too few to distinguish wrong preprocessing from an unusual sample")
    }
    let present = Trial(preparation, try fit.measure(preparation, sampleCount: count))
    var trials = [present]
    var (best, bestTrial) = (preparation, present)
    for _ in 0..<3 {
      let start = (best, bestTrial)
      for alternative in start.0.alternatives where !trials.contains(where: { $0.changes == alternative.changes }) {
        guard let measured = try? fit.measure(alternative, sampleCount: count) else { continue }
        let trial = Trial(alternative, measured)
        trials.append(trial)
        progress(trials.count)
        if trial.divergence * Self.leastImprovement < start.1.divergence, trial.divergence < bestTrial.divergence {
          (best, bestTrial) = (alternative, trial)
        }
      }
      if bestTrial.changes == start.1.changes { break }
    }
    samples = count
    self.trials = trials.sorted { $0.divergence < $1.divergence }
    self.present = present
    let isExplained = bestTrial.divergence <= Self.mostSpreads * bestTrial.spread
    finding = isExplained && !bestTrial.changes.isEmpty ? bestTrial : nil
    isOfAnotherKind = !isExplained
  }
}

extension InputDiagnosis.Trial {
  init(_ preparation: some InputPreparation, _ measured: InputFit.Measure) {
    changes = preparation.changes
    mistakes = preparation.mistakes
    remedy = preparation.remedy
    divergence = measured.divergence
    spread = measured.spread
  }
}

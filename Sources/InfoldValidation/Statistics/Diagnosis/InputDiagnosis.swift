import InfoldSystem
import InfoldTensor

/// A way of preparing the samples of a model, and what may be changed about it.
public protocol InputPreparation: Sendable {
  /// What is other than in the preparation that is asked about, in a few words for each change; empty for that one itself.
  var changes: [String] { get }
  /// What is wrong with the preparation that is asked about where this one is right, a sentence for each change.
  var mistakes: [String] { get }
  /// How to prepare the samples so.
  var remedy: String { get }
  /// Preparations that differ from this one in one thing.
  var alternatives: [Self] { get }
  /// The tensors of a sample, by the names of the model's inputs.
  func sample(_ index: Int) throws(InfoldError) -> [String: Tensor]
}

/// Which preparation of the inputs fits the stored statistics best.
///
/// A mistake in preparing pictures, like another order of colors or another scale, moves what the first layers compute away from what
/// they computed in training, which a batch normalization has stored. The same samples are prepared in the usual other ways, one change
/// after the other, and each way is judged by how far means and variances are from the stored ones.
public struct InputDiagnosis: Sendable, Encodable {
  /// A preparation that was tried.
  public struct Trial: Sendable, Encodable {
    /// What is other than in the preparation as it is; empty for that one itself.
    public let changes: [String]
    /// What is wrong with the preparation as it is where this one is right, a sentence for each change.
    public let mistakes: [String]
    /// How to prepare the samples so.
    public let remedy: String
    /// How far the samples are from the stored statistics, in nats: the divergences of all layers, as
    /// `StatisticsDiagnosis.Layer.divergence` has them, in a mean in which layer i from 0 weighs 1 / (1 + i/4).
    public let divergence: Double
    /// How far one of the samples is from all of them, by the same measure.
    public let spread: Double
  }

  /// Another preparation must fit better by this factor.
  public static let leastImprovement = 1.12
  /// What fits best must not be further from the stored statistics than so many spreads: samples of another kind than those that a
  /// model was trained with differ from the stored statistics as well, and then nothing can be said.
  static let mostSpreads = 3.0

  /// The number of samples that were prepared in all ways.
  public let samples: Int
  /// The preparation as it is, and those that were tried, from the best fit to the worst.
  public let trials: [Trial]
  /// The preparation as it is.
  public let present: Trial
  /// The preparation that fits clearly better; `nil` where the present one fits about as well.
  public let finding: Trial?
  /// Whether no preparation fits: the samples seem to be of another kind than those that the model was trained with.
  public let isOfAnotherKind: Bool

  /// By which factor the finding fits better.
  public var improvement: Double? { finding.map { present.divergence / max($0.divergence, .leastNonzeroMagnitude) } }
}

extension InputDiagnosis {
  /// Tries preparations on the samples of a model with stored statistics.
  /// - Parameters:
  ///   - preparation: The preparation as it is.
  ///   - fit: Measures preparations.
  ///   - count: The number of samples, at least 2.
  ///   - progress: Is told how many preparations have been measured.
  /// - Throws: What the present preparation throws, and a model that cannot run it. An alternative that throws is left out.
  public init(
    _ preparation: some InputPreparation, _ fit: InputFit, sampleCount count: Int,
    progress: (_ done: Int) -> Void = { _ in }
  ) throws(InfoldError) {
    guard count > 1 else {
      throw InfoldError(.invalidArgument, "one sample is too few to tell a wrong preparation from an unusual sample")
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

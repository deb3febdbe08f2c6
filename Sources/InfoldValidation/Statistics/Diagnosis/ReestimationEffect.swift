import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// The effect of new statistics on the outputs of a model: the differences from the outputs with
/// its own running statistics.
public struct ReestimationEffect: Sendable, Encodable {
  /// The number of samples that both models were run on.
  public let samples: Int
  /// The differences of the outputs. The first network is the unchanged model.
  public let outputs: [OutputDifference]

  /// Runs both models on samples.
  /// - Parameters:
  ///   - statistics: The statistics of the data set.
  ///   - count: The number of samples.
  ///   - sample: Returns the tensors of a sample, as for
  ///     `StatisticsCollector.collect(sampleCount:progress:sample:)`.
  ///   - options: How both models run.
  /// - Throws: The errors of `sample`, `ModelStatistics.model()` and `Session`.
  public init(
    of statistics: ModelStatistics, options: SessionOptions = SessionOptions(), sampleCount count: Int,
    sample: (Int) throws(InfoldError) -> [String: Tensor]
  ) throws(InfoldError) {
    let stored = try Session(statistics.original, options: options)
    let measured = try Session(try statistics.model(), options: options)
    let size = try StatisticsCollector.runSize(of: statistics.original.graph) ?? 1
    var batches = try MiniBatches(sampleCount: count, size: size, runSize: size)
    var outputs = stored.outputs.map { OutputDifference(name: $0.name) }
    while let runs = try batches.next(sample) {
      for run in runs {
        let first = try stored.run(run), second = try measured.run(run)
        for index in outputs.indices {
          guard let a = first[outputs[index].name], let b = second[outputs[index].name],
            a.elementType.isFloatingPoint
          else { continue }
          try outputs[index].add(a, b)
        }
      }
    }
    samples = count
    self.outputs = outputs.filter { $0.elements > 0 }
  }
}

import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Returns the tensors of the sample at an index, by input name.
public typealias SampleSource = (Int) throws(InfoldError) -> [String: Tensor]

/// Runs samples through a float network, and collects the statistics of its values.
struct Calibrator {
  private let session: Session
  private let names: [String]
  private let origin: RangeOrigin

  /// - Parameters:
  ///   - values: The values to observe.
  ///   - origin: What the samples are.
  init(
    _ model: Model, _ values: [ValueID], _ options: SessionOptions, origin: RangeOrigin = .samples
  ) throws(InfoldError) {
    session = try Session(model.returning(values), options: options)
    names = values.map { model.graph[$0].name }
    self.origin = origin
  }

  /// Runs the samples and returns the statistics of each value.
  /// - Parameter progress: Receives the number of samples done.
  /// - Throws: Any error from `sample`; `InfoldError`, naming the value, if a number is not finite.
  func statistics(
    count: Int, _ sample: SampleSource, progress: (Int) -> Void
  ) throws(InfoldError) -> [ValueStatistics] {
    var observers = names.map { _ in (RangeObserver(), ChannelSums()) }
    for index in 0..<count {
      let results = try session.run(sample(index))
      for (place, name) in names.enumerated() {
        do throws(InfoldError) {
          try observers[place].0.add(results[name]!)
          observers[place].1.add(results[name]!)
        } catch {
          throw InfoldError(
            error.code,
            "cannot calibrate the value \(String(quoting: name)) with sample \(index + 1): \(error.reason)",
            hint: "keep the nodes that use it in float with --exclude")
        }
      }
      progress(index + 1)
    }
    return observers.map { ValueStatistics($0.0, $0.1, origin: origin) }
  }
}

extension Model {
  /// Returns the same model with these values as its outputs.
  func returning(_ values: [ValueID]) -> Model {
    var model = self
    model.graph.outputs = values
    return model
  }
}

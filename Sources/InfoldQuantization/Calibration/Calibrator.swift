import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Gives the tensors of a sample by the names of a model's inputs.
public typealias SampleSource = (Int) throws(InfoldError) -> [String: Tensor]

/// Runs samples through a float network, and looks at its values.
struct Calibrator {
  private let session: Session
  private let names: [String]
  private let origin: RangeOrigin

  /// - Parameters:
  ///   - values: Those that are looked at.
  ///   - origin: What the samples are.
  init(
    _ model: Model, _ values: [ValueID], _ options: SessionOptions, origin: RangeOrigin = .samples
  ) throws(InfoldError) {
    session = try Session(model.returning(values), options: options)
    names = values.map { model.graph[$0].name }
    self.origin = origin
  }

  /// - Parameter progress: Is told how many samples are done.
  /// - Throws: What `sample` throws; `InfoldError` that names the value for a number that is not finite.
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
            "the value \(String(quoting: name)) cannot be quantized for sample \(index + 1): \(error.reason)",
            hint: "leave the nodes that use it as they are with --exclude")
        }
      }
      progress(index + 1)
    }
    return observers.map { ValueStatistics($0.0, $0.1, origin: origin) }
  }
}

extension Model {
  /// The same model, which returns these values.
  func returning(_ values: [ValueID]) -> Model {
    var model = self
    model.graph.outputs = values
    return model
  }
}

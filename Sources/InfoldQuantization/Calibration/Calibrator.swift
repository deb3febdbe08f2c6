import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Gives the tensors of a sample by the names of a model's inputs.
package typealias SampleSource = (Int) throws(InfoldError) -> [String: Tensor]

/// Runs samples through a float network, and finds the range of each of its values.
struct Calibrator {
  private let session: Session
  private let names: [String]
  private let method: CalibrationMethod

  /// - Parameter values: Those whose ranges are wanted.
  init(
    _ model: Model, _ values: [ValueID], _ method: CalibrationMethod, _ options: SessionOptions
  ) throws(InfoldError) {
    session = try Session(model.returning(values), options: options)
    names = values.map { model.graph[$0].name }
    self.method = method
  }

  /// - Parameter progress: Is told how many samples are done.
  /// - Throws: What `sample` throws; `InfoldError` that names the value for a number that is not finite.
  func ranges(
    count: Int, _ sample: SampleSource, progress: (Int) -> Void
  ) throws(InfoldError) -> [ClosedRange<Double>] {
    var observers = names.map { _ in RangeObserver(method) }
    for index in 0..<count {
      let results = try session.run(sample(index))
      for (place, name) in names.enumerated() {
        do throws(InfoldError) {
          try observers[place].add(results[name]!)
        } catch {
          throw InfoldError(
            error.code,
            "the value \(String(quoting: name)) cannot be quantized for sample \(index + 1): \(error.reason)",
            hint: "leave the nodes that use it as they are with --exclude")
        }
      }
      progress(index + 1)
    }
    return observers.map(\.range)
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

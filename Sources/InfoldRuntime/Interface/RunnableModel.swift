import InfoldGraph
import InfoldSystem
import InfoldTensor

/// A type that runs a model.
package protocol RunnableModel: Sendable {
  /// The inputs of a run, in the model's order.
  var inputs: [ValueInfo] { get }
  /// The outputs of a run, in the model's order.
  var outputs: [ValueInfo] { get }
  /// Wrong declarations in the model, found when it was read or by a run.
  var warnings: [ModelWarning] { get }

  /// Runs the model on a tensor for each input by name. Inputs with a default value may be omitted.
  ///
  /// - Parameter progress: Called repeatedly by slow implementations with the fraction of the work
  ///   that is done, 0 to 1.
  func run(
    _ inputs: [String: Tensor], progress: (Double) -> Void
  ) throws(InfoldError) -> [String: Tensor]
}

extension Session: RunnableModel {
  package func run(
    _ inputs: [String: Tensor], progress: (Double) -> Void
  ) throws(InfoldError) -> [String: Tensor] {
    try run(inputs)
  }
}

extension ReferenceSession: RunnableModel {}

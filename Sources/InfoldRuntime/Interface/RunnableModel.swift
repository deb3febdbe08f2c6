import InfoldGraph
import InfoldSystem
import InfoldTensor

/// What runs a model, in one way or another.
package protocol RunnableModel: Sendable {
  /// What a run takes, in the model's order.
  var inputs: [ValueInfo] { get }
  /// What a run returns, in the model's order.
  var outputs: [ValueInfo] { get }
  /// What the model says that cannot be meant, as far as it was found when it was read, or a run has shown it.
  var warnings: [ModelWarning] { get }

  /// Runs the model on a tensor for each input by its name; those with a default may be left out.
  /// - Parameter progress: Called now and then with the share of the work that is done, 0 to 1, by what takes long.
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

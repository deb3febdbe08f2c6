import InfoldGraph
import InfoldSystem
import InfoldTensor

extension Session {
  /// Makes the plan for inputs of these shapes, if the session does not have it, and runs nothing.
  /// - Parameter shapes: The shape of each input by its name; those whose shape the model fixes, or that have a default, may be left
  ///   out.
  /// - Throws: As `warmUp(shapes:)`.
  public func prepare(shapes: [String: [Int]] = [:]) throws(InfoldError) {
    try observing { () throws(InfoldError) in _ = try plan(forNamed: placeholders(shapes), cancellation()) }
  }

  /// Whether a run with inputs of these shapes computes every image of the batch by itself, an image being a position of the first axis of
  /// every input. Then it has the same bits alone and in any batch: who gets requests from several callers may put them together.
  ///
  /// A network whose nodes keep images apart, but are too small for that to be worth a plan of its own, is computed as a whole, by
  /// algorithms that suit the size of the batch: then this is `false`.
  /// - Parameter shapes: The shape of each input by its name; those whose shape the model fixes, or that have a default, may be left
  ///   out. The first size is that of the batch, the same for all, and at least 2.
  /// - Throws: As `warmUp(shapes:)`. It makes the plan, and runs nothing.
  public func computesImagesApart(shapes: [String: [Int]] = [:]) throws(InfoldError) -> Bool {
    let (plan, tensors) = try plan(forNamed: placeholders(shapes), cancellation())
    guard let batch = tensors.first?.shape.first, batch > 1, tensors.allSatisfy({ $0.shape.first == batch }) else {
      return false
    }
    return plan.keepsImagesApart
  }

  /// The bytes that the session takes now, of those that `SessionOptions.memoryLimit` counts: packed weights, and working memory, which is
  /// kept for runs to come.
  public var memoryUse: Int { factory.budget.limit - factory.budget.available }
}

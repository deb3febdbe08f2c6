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

  /// Whether a run with inputs of these shapes computes every image of the batch by itself, and as if it were alone, an image being a position of
  /// the first axis of every input. Then it has the same bits alone and in the batch: who gets requests from several callers may put them
  /// together.
  ///
  /// A network whose nodes keep images apart, but are too small for that to be worth a plan of its own, is computed as a whole, by
  /// algorithms that suit the size of the batch: then this is `false`. So it is for a model that fixes the shapes of all inputs.
  /// - Parameter shapes: The shape of each input by its name; those whose shape the model fixes, or that have a default, may be left
  ///   out. The first size is that of the batch, the same for all, and at least 2.
  /// - Throws: As `warmUp(shapes:)`. It makes the plan, and runs nothing.
  public func computesImagesApart(shapes: [String: [Int]] = [:]) throws(InfoldError) -> Bool {
    let (plan, tensors) = try plan(forNamed: placeholders(shapes), cancellation())
    guard let batch = tensors.first?.shape.first, batch > 1, tensors.allSatisfy({ $0.shape.first == batch }),
      plan.parts[0].images == batch
    else { return false }
    let types = tensors.map { TensorType($0.elementType, Shape($0.shape)) }
    // A number that the model makes of the batch's size differs between the two.
    guard let inBatch = try imageGraph(types, of: batch)?.content else { return false }
    let ofOne = types.map { type in
      var type = type
      type.shape?[0] = .fixed(1)
      return type
    }
    return try imageGraph(ofOne, of: 1)?.content == inBatch
  }

  /// What is computed of one image of a batch; `nil` where images are not kept apart to the end.
  /// - Parameter types: Those of the inputs with the batch.
  private func imageGraph(_ types: [TensorType], of batch: Int) throws(InfoldError) -> Graph? {
    guard let graph = openGraph else { return nil }
    let inputs = Dictionary(zip(graph.inputs, types)) { first, _ in first }
    let bound = try factory.optimized(graph.binding(inputs: inputs))
    if batch == 1 { return bound }
    let separation = BatchSeparation(bound, batch: batch)
    guard separation.separatesOutputs else { return nil }
    return try separation.oneImage(nodes: bound.nodes.count, outputs: bound.outputs)
  }

  /// The bytes that the session takes now, of those that `SessionOptions.memoryLimit` counts: packed weights, and working memory, which is
  /// kept for runs to come.
  public var memoryUse: Int { factory.budget.limit - factory.budget.available }
}

import InfoldGraph
import InfoldSystem
import InfoldTensor

extension Session {
  /// Makes the plan for inputs of these shapes, unless the session already has it. It does not run
  /// the model.
  ///
  /// - Parameter shapes: The shape of each input by name. Inputs with a fixed shape or a default
  ///   value may be omitted.
  /// - Throws: The errors of `warmUp(shapes:)`.
  public func prepare(shapes: [String: [Int]] = [:]) throws(InfoldError) {
    try observing { () throws(InfoldError) in _ = try plan(forNamed: placeholders(shapes), cancellation()) }
  }

  /// Returns whether every image of a batch is computed independently, as if it were alone, at this
  /// batch size and all smaller ones. An image is one position along the first axis of every input.
  /// If so, its result is bit-identical alone and in any of these batches, and a server may combine
  /// requests of several callers into one batch.
  ///
  /// Returns `false` for a network that keeps images apart but is too small to benefit from a plan
  /// per image: it is computed as a whole, by algorithms that suit the batch size. Also returns
  /// `false` if the model fixes the shapes of all inputs.
  ///
  /// - Parameter shapes: The shape of each input by name. Inputs with a fixed shape or a default
  ///   value may be omitted. The first size is the largest batch size: the same for all inputs, and
  ///   at least 2.
  /// - Throws: The errors of `warmUp(shapes:)`. The method makes the plans of all batch sizes, but
  ///   does not run the model.
  public func computesImagesSeparately(shapes: [String: [Int]] = [:]) throws(InfoldError) -> Bool {
    try interface.inFile { () throws(InfoldError) in
      let inputs = try interface.completed(placeholders(shapes)).map(PlanCache.Input.init)
      guard let largest = inputs.first?.shape.first, largest > 1, inputs.allSatisfy({ $0.shape.first == largest }),
        let alone = try boundGraph(inputs.map { $0.of(batch: 1) })?.content
      else { return false }
      for batch in 2...largest {
        let ofBatch = inputs.map { $0.of(batch: batch) }
        guard let graph = try boundGraph(ofBatch),
          try plan(for: ofBatch, cancellation(), of: graph).parts[0].images == batch,
          // Numbers that the model derives from the batch size would differ between the two graphs.
          try graph.oneImage(ofBatch: batch)?.content == alone
        else { return false }
      }
      return true
    }
  }

  /// The bytes of packed weights and working memory that the session holds now. These are what
  /// `SessionOptions.memoryLimit` counts. Working memory is kept for later runs.
  public var memoryUse: Int { factory.budget.used }
}

extension Graph {
  /// Returns the graph that computes one image of a batch, or `nil` if images are not kept apart up
  /// to the outputs.
  fileprivate func oneImage(ofBatch batch: Int) throws(InfoldError) -> Graph? {
    let separation = BatchSeparation(self, batch: batch)
    guard separation.separatesOutputs else { return nil }
    return try separation.oneImage(nodes: nodes.count, outputs: outputs)
  }
}

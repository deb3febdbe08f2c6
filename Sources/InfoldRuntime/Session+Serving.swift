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

  /// Whether runs with inputs of these shapes, and with smaller batches, compute every image of the batch by itself, and as if it were alone,
  /// an image being a position of the first axis of every input. Then it has the same bits alone and in any of these batches: who gets
  /// requests from several callers may put them together.
  ///
  /// A network whose nodes keep images apart, but are too small for that to be worth a plan of its own, is computed as a whole, by
  /// algorithms that suit the size of the batch: then this is `false`. So it is for a model that fixes the shapes of all inputs.
  /// - Parameter shapes: The shape of each input by its name; those whose shape the model fixes, or that have a default, may be left
  ///   out. The first size is that of the largest batch, the same for all, and at least 2.
  /// - Throws: As `warmUp(shapes:)`. It makes the plans of all batches, and runs nothing.
  public func computesImagesApart(shapes: [String: [Int]] = [:]) throws(InfoldError) -> Bool {
    try interface.inFile { () throws(InfoldError) in
      let inputs = try interface.completed(placeholders(shapes)).map(PlanCache.Input.init)
      guard let largest = inputs.first?.shape.first, largest > 1, inputs.allSatisfy({ $0.shape.first == largest }),
        let alone = try boundGraph(inputs.map { $0.of(batch: 1) })?.content
      else { return false }
      for batch in 2...largest {
        let ofBatch = inputs.map { $0.of(batch: batch) }
        guard let graph = try boundGraph(ofBatch),
          try plan(for: ofBatch, cancellation(), of: graph).parts[0].images == batch,
          // A number that the model makes of the batch's size differs between the two.
          try graph.oneImage(ofBatch: batch)?.content == alone
        else { return false }
      }
      return true
    }
  }

  /// The bytes that the session takes now, of those that `SessionOptions.memoryLimit` counts: packed weights, and working memory, which is
  /// kept for runs to come.
  public var memoryUse: Int { factory.budget.used }
}

extension Graph {
  /// What is computed of one image of a batch; `nil` where images are not kept apart to the end.
  fileprivate func oneImage(ofBatch batch: Int) throws(InfoldError) -> Graph? {
    let separation = BatchSeparation(self, batch: batch)
    guard separation.separatesOutputs else { return nil }
    return try separation.oneImage(nodes: nodes.count, outputs: outputs)
  }
}

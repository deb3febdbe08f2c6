import Infold

/// A network with two sessions: one for interactive requests, one for background work.
struct Classifier {
  private let interactive: Session
  private let background: Session
  private let input: String
  private let output: String

  /// Loads a model and warms up both sessions, so that no request has to wait for that.
  init(path: String, batchSize: Int) async throws(InfoldError) {
    let model = try await Model.load(path: path)
    // Sessions of one model share its weights.
    interactive = try await Session.load(model, options: SessionOptions(timeLimit: .seconds(60)))
    background = try await Session.load(model, options: SessionOptions(threads: 1))
    input = interactive.inputs[0].name
    output = interactive.outputs[0].name
    try interactive.warmUp(shapes: [input: [1] + Frames.shape])
    try background.warmUp(shapes: [input: [batchSize] + Frames.shape])
  }

  /// The best class of a frame. Several tasks can call this concurrently. Cancelling a task cancels
  /// its run.
  func bestClass(of frame: Tensor) async throws(InfoldError) -> Int {
    try await interactive.run([input: frame])[output]!.topK(1)[0][0].index
  }

  /// The best class of each frame, batch by batch, in the order of the batches. At most two batches
  /// run at a time.
  func bestClasses(ofEach batches: [Tensor]) -> some AsyncSequence<[Int], any Error> {
    background.results(for: batches.lazy.map { [input: $0] }, atOnce: 2).map { [output] scores in
      try scores[output]!.topK(1).map { $0[0].index }
    }
  }
}

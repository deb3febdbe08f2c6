import Infold

/// A network behind two sessions: one for requests that somebody waits for, one for work that has time.
struct Classifier {
  private let interactive: Session
  private let background: Session
  private let input: String
  private let output: String

  /// Loads a model and gets both sessions ready, so that no request pays for that.
  init(path: String, batchSize: Int) async throws(InfoldError) {
    let model = try await Model.load(path: path)
    // Sessions of one model have its weights in memory once.
    interactive = try await Session.load(model, options: SessionOptions(timeLimit: .seconds(60)))
    background = try await Session.load(model, options: SessionOptions(threads: 1))
    input = interactive.inputs[0].name
    output = interactive.outputs[0].name
    try interactive.warmUp(shapes: [input: [1] + Frames.shape])
    try background.warmUp(shapes: [input: [batchSize] + Frames.shape])
  }

  /// The best class of one frame. Any number of tasks may ask at once; one that is cancelled ends its run.
  func bestClass(of frame: Tensor) async throws(InfoldError) -> Int {
    try await interactive.run([input: frame])[output]!.topK(1)[0][0].index
  }

  /// The best class of each frame, batch by batch in the order of the batches. No more than two of them are under way at once.
  func bestClasses(ofEach batches: [Tensor]) -> some AsyncSequence<[Int], any Error> {
    background.results(for: batches.lazy.map { [input: $0] }, atOnce: 2).map { [output] scores in
      try scores[output]!.topK(1).map { $0[0].index }
    }
  }
}

import Infold

/// Classifies frames like a server: interactive requests at any time, and batches in the
/// background.
@main
enum Main {
  static func main() async throws {
    // Done once, when the server is built: optimizes the model and saves it, so that not every
    // start has to do it.
    let path = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "optimized.onnx"
    try Model(path: "Models/efficientnet-lite0.onnx").optimized().write(to: path)

    let classifier = try await Classifier(path: path, batchSize: 3)
    let widths = [4, 14, 32]

    // Requests arrive at any time, each in its own task. Their runs take turns on Infold's threads.
    let answers = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
      for width in widths {
        group.addTask { (width, try await classifier.bestClass(of: Frames.stripes(ofWidths: [width]))) }
      }
      var answers: [Int: Int] = [:]
      for try await (width, answer) in group { answers[width] = answer }
      return answers
    }
    for width in widths { print("stripes of", width, "pixels: class", answers[width]!) }

    // Background work is run in batches on one processor. The results are the same.
    let batches = try [widths, widths.reversed()].map(Frames.stripes)
    for try await classes in classifier.bestClasses(ofEach: batches) { print("a batch: classes", classes) }
  }
}

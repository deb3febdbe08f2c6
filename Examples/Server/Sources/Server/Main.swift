import Infold

/// Classifies frames as a server does: requests at any time, and batches beside them.
@main
enum Main {
  static func main() async throws {
    // Once, when the server is built: what every start would do again is done, and saved.
    let path = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "optimized.onnx"
    try Model(path: "Models/efficientnet-lite0.onnx").optimized().write(to: path)

    let classifier = try await Classifier(path: path, batchSize: 3)
    let widths = [4, 14, 32]

    // Requests come when they come, each in a task of its own; the runs take turns on threads that belong to Infold.
    let answers = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
      for width in widths {
        group.addTask { (width, try await classifier.bestClass(of: Frames.stripes(ofWidths: [width]))) }
      }
      var answers: [Int: Int] = [:]
      for try await (width, answer) in group { answers[width] = answer }
      return answers
    }
    for width in widths { print("stripes of", width, "pixels: class", answers[width]!) }

    // What has time goes through in batches, on one processor, and says the same of the same frames.
    let batches = try [widths, widths.reversed()].map(Frames.stripes)
    for try await classes in classifier.bestClasses(ofEach: batches) { print("a batch: classes", classes) }
  }
}

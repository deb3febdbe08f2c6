import Glibc
import InfoldImage

/// Classifies pictures.
@main
enum Main {
  static func main() async {
    let arguments = CommandLine.arguments.dropFirst()
    guard let model = arguments.first, arguments.count > 1 else {
      print("usage: Classify MODEL.onnx PICTURE... (MODEL.json must be in the folder of the model)")
      exit(2)
    }
    do {
      try await classify(arguments.dropFirst(), model: model)
    } catch {
      print("Classify: \(error)")
      exit(2)
    }
  }

  private static func classify(_ paths: ArraySlice<String>, model: String) async throws {
    // The sidecar MODEL.json describes how pictures are prepared, and names the file of class
    // names.
    let classifier = try ImageClassifier(path: model)
    let pictures = try paths.map { try Picture(path: $0) }
    // All pictures are run as one batch.
    for (path, candidates) in zip(paths, try await classifier.classify(pictures, top: 3)) {
      print(path)
      for candidate in candidates { print(" ", candidate) }
    }
  }
}

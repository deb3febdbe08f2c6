import Glibc
import InfoldImage

/// Says what is on pictures.
@main
enum Main {
  static func main() async {
    let arguments = CommandLine.arguments.dropFirst()
    guard let model = arguments.first, arguments.count > 1 else {
      print("usage: Classify MODEL.onnx PICTURE..., with MODEL.json beside the model")
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
    // MODEL.json says how a picture becomes the model's input, and where the names of the classes are.
    let classifier = try ImageClassifier(path: model)
    let pictures = try paths.map { try Picture(path: $0) }
    // All of them go through the model as one batch.
    for (path, candidates) in zip(paths, try await classifier.classify(pictures, top: 3)) {
      print(path)
      for candidate in candidates { print(" ", candidate) }
    }
  }
}

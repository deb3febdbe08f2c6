import FoundationEssentials
import Glibc
import Infold
import InfoldImage

/// Says what is on a picture.
@main
enum Main {
  static func main() {
    guard CommandLine.arguments.count == 3 else {
      print("usage: Classify MODEL PICTURE, where MODEL.onnx and MODEL.json are files")
      exit(2)
    }
    do {
      try classify(CommandLine.arguments[2], model: CommandLine.arguments[1])
    } catch {
      print("Classify: \(error)")
      exit(2)
    }
  }

  private static func classify(_ picture: String, model: String) throws {
    let session = try Session(Model(path: model + ".onnx"))

    // How a picture becomes the model's input, and which labels its output has.
    let sidecar = URL(filePath: model + ".json")
    let preprocessing = try JSONDecoder().decode(Preprocessing.self, from: Data(contentsOf: sidecar))
    let folder = sidecar.deletingLastPathComponent()
    let names = try preprocessing.labels.map { try Data(contentsOf: folder.appending(path: $0)) }
    let labels = names.map { String(decoding: $0, as: UTF8.self).split(separator: "\n") }

    let input = try preprocessing.tensor(from: Picture(path: picture))
    let scores = try session.run([preprocessing.input: input])[preprocessing.output ?? session.outputs[0].name]!
    for best in try scores.topK(5)[0] {
      print("\(Int((100 * best.value).rounded())) %", labels?[best.index] ?? "class \(best.index)", separator: "\t")
    }
  }
}

import FoundationEssentials
import InfoldFiles
import InfoldGraph
import InfoldImage
import InfoldRuntime

/// The file `MODEL.json` beside `MODEL.onnx`, which says how pictures go into the model.
struct Sidecar {
  /// The path.
  let path: String
  /// What the file says.
  let preprocessing: Preprocessing

  /// Reads the file beside `model`, and checks that the model has the input that it names.
  /// - Throws: `InfoldError` that names the file.
  init(ofModel model: String, inputs: [ValueInfo]) throws(InfoldError) {
    path = (model.hasSuffix(".onnx") ? String(model.dropLast(5)) : model) + ".json"
    preprocessing = try Self.read(path)
    guard inputs.contains(where: { $0.name == preprocessing.input }) else {
      throw InfoldError(
        .invalidArgument, "names the input \(String(quoting: preprocessing.input)), which the model does not have",
        hint: listOfInputs(inputs), file: path)
    }
  }

  /// The path of another file in the same folder.
  func path(of file: String) -> String {
    (path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? "") + file
  }

  private static func read(_ path: String) throws(InfoldError) -> Preprocessing {
    let bytes = try annotatingErrors({ failure in
      var failure = failure
      failure.hint = "pictures need this file beside the model; it tells the input's size, scale and class names"
      return failure
    }) { () throws(InfoldError) in try RegularFile.contents(ofFile: path, limit: 1 << 20) }
    do {
      return try JSONDecoder().decode(Preprocessing.self, from: Data(bytes))
    } catch let error as InfoldError {
      throw error.inFile(path)
    } catch {
      throw InfoldError(.malformedData, "is not JSON", file: path)
    }
  }
}

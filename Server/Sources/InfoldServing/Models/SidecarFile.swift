import FoundationEssentials

/// The file beside a model that says how pictures go in.
enum SidecarFile {
  static func path(besideModel model: String) -> String {
    (model.hasSuffix(".onnx") ? String(model.dropLast(5)) : model) + ".json"
  }

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}

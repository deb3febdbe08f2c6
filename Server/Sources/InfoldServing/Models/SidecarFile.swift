import FoundationEssentials

/// The sidecar of a model, which describes how pictures are prepared.
enum SidecarFile {
  static func path(besideModel model: String) -> String {
    (model.hasSuffix(".onnx") ? String(model.dropLast(5)) : model) + ".json"
  }

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}

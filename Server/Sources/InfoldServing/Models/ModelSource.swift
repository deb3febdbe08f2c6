import FoundationEssentials
import Glibc
import Infold

/// Where models come from.
public enum ModelSource: Sendable, Hashable {
  /// A folder of models: `NAME/VERSION/model.onnx`, `NAME/model.onnx` or `NAME.onnx`.
  case repository(String)
  /// One model under this name: a file, or a folder with `VERSION/model.onnx` or `model.onnx`.
  case model(name: String, path: String)
}

/// The files of a model.
struct ModelFiles: Sendable, Equatable {
  /// A version, and what tells whether its file is still the same.
  struct Version: Sendable, Equatable {
    let number: String
    let path: String
    let stamp: FileStamp
  }

  let name: String
  /// The folder that may hold `serving.json`; `nil` for a single file.
  let folder: String?
  /// The latest last.
  let versions: [Version]
  /// Of `serving.json`, where there is one.
  let settingsStamp: FileStamp?

  /// The versions that are to be served.
  func served(_ settings: ModelSettings) -> [Version] {
    settings.allVersions ? versions : Array(versions.suffix(1))
  }

  var settingsPath: String? { folder.map { $0 + "/serving.json" } }
}

/// What changes when somebody writes a file.
struct FileStamp: Sendable, Equatable {
  let seconds: Int
  let nanoseconds: Int
  let size: Int
  let number: UInt64

  /// `nil` where there is no file.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    seconds = status.st_mtim.tv_sec
    nanoseconds = status.st_mtim.tv_nsec
    size = Int(status.st_size)
    number = UInt64(status.st_ino)
  }
}

extension ModelSource {
  /// The models that are there now.
  /// - Throws: `InfoldError` with `.fileAccess` where a folder cannot be read, or a model that was named has no file.
  func models() throws(InfoldError) -> [ModelFiles] {
    switch self {
    case .repository(let folder):
      return try Self.entries(of: folder).compactMap { entry in
        let path = folder + "/" + entry
        if Self.isFolder(path) { return Self.files(inFolder: path, name: entry) }
        guard entry.hasSuffix(".onnx"), entry.count > 5 else { return nil }
        return Self.files(ofFile: path, name: String(entry.dropLast(5)))
      }
    case .model(let name, let path):
      let files = Self.isFolder(path) ? Self.files(inFolder: path, name: name) : Self.files(ofFile: path, name: name)
      guard let files else {
        throw InfoldError(
          .fileAccess, "there is no model", hint: "a folder needs VERSION/model.onnx or model.onnx", file: path)
      }
      return [files]
    }
  }

  private static func entries(of folder: String) throws(InfoldError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }.sorted()
    } catch {
      throw InfoldError(.fileAccess, "cannot be read as a folder of models", file: folder)
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: Bool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
  }

  private static func files(ofFile path: String, name: String) -> ModelFiles? {
    guard let stamp = FileStamp(path) else { return nil }
    return ModelFiles(
      name: name, folder: nil, versions: [.init(number: "1", path: path, stamp: stamp)], settingsStamp: nil)
  }

  private static func files(inFolder folder: String, name: String) -> ModelFiles? {
    func version(_ number: String, _ path: String) -> ModelFiles.Version? {
      FileStamp(path).map { ModelFiles.Version(number: number, path: path, stamp: $0) }
    }
    let numbers = ((try? entries(of: folder)) ?? []).filter(isVersion).sorted { Int($0)! < Int($1)! }
    var versions = numbers.compactMap { version($0, folder + "/" + $0 + "/model.onnx") }
    if versions.isEmpty { versions = [version("1", folder + "/model.onnx")].compactMap { $0 } }
    guard !versions.isEmpty else { return nil }
    return ModelFiles(
      name: name, folder: folder, versions: versions, settingsStamp: FileStamp(folder + "/serving.json"))
  }

  /// Whether a folder is one of a version: a number, at least 1, without zeros before it.
  private static func isVersion(_ name: String) -> Bool {
    name.count <= 18 && name.utf8.allSatisfy { (48...57).contains($0) } && !name.hasPrefix("0") && !name.isEmpty
  }
}

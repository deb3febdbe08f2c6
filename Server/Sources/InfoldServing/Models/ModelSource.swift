import FoundationEssentials
import Glibc
import Infold

/// A source of models.
public enum ModelSource: Sendable, Hashable {
  /// A folder of models: `NAME/VERSION/model.onnx`, `NAME/model.onnx` or `NAME.onnx`.
  case repository(String)
  /// One model with this name: a file, or a folder with `VERSION/model.onnx` or `model.onnx`.
  case model(name: String, path: String)
}

/// The files of a model.
struct ModelFiles: Sendable, Equatable {
  /// A version, and a stamp to detect changes of its file.
  struct Version: Sendable, Equatable {
    let number: String
    let path: String
    let stamp: FileStamp
  }

  let name: String
  /// The folder that may contain `serving.json`, or `nil` for a single file.
  let folder: String?
  /// The versions, the latest last.
  let versions: [Version]
  /// The stamp of `serving.json`, if it exists.
  let settingsStamp: FileStamp?

  /// The versions to be served.
  func served(_ settings: ModelSettings) -> [Version] {
    settings.allVersions ? versions : Array(versions.suffix(1))
  }

  var settingsPath: String? { folder.map { $0 + "/serving.json" } }
}

/// Attributes that change when a file is written.
struct FileStamp: Sendable, Equatable {
  let seconds: Int
  let nanoseconds: Int
  let size: Int
  let number: UInt64

  /// `nil` if the file does not exist.
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
  /// The models that exist now.
  /// - Throws: `InfoldError` with `.fileAccess` if a folder cannot be read, or a named model has no
  ///   file.
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
          .fileAccess, "contains no model", hint: "a folder needs VERSION/model.onnx or model.onnx", file: path)
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

  /// Whether a folder name is a version: a number of at least 1 without leading zeros.
  private static func isVersion(_ name: String) -> Bool {
    name.count <= 18 && name.utf8.allSatisfy { (48...57).contains($0) } && !name.hasPrefix("0") && !name.isEmpty
  }
}

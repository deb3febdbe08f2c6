import InfoldOperators
import InfoldSystem

/// A test case of ONNX's backend tests: a folder with `model.onnx`, and folders `test_data_set_N`
/// with inputs `input_M.pb` and the expected outputs `output_M.pb`.
public struct ConformanceCase: Sendable, Hashable {
  /// The path of the folder.
  public let path: String

  /// The name of the folder, such as `test_relu`.
  public var name: String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// The path of the model.
  public var model: String { path + "/model.onnx" }

  /// Creates a test case from its folder.
  public init(path: String) {
    self.path = path
  }

  /// Finds all cases in `folder` and its subfolders, sorted by path. A folder reached through
  /// several links counts once.
  /// - Throws: `InfoldError` with `.fileAccess` if a folder cannot be read.
  public static func find(in folder: String) throws(InfoldError) -> [ConformanceCase] {
    var cases: [ConformanceCase] = []
    var waiting = [folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder]
    var seen: Set<FileStatus.Identity> = []
    while let path = waiting.popLast() {
      let entries = try Folder.entries(path)
      guard let identity = FileStatus(path)?.identity, seen.insert(identity).inserted else { continue }
      if entries.contains(where: { $0.name == "model.onnx" && !$0.isFolder }) {
        cases.append(ConformanceCase(path: path))
      } else {
        waiting += entries.reversed().filter(\.isFolder).map { path + "/" + $0.name }
      }
    }
    return cases
  }

  /// The files of one run: its inputs and its expected outputs.
  struct DataSet {
    var inputs: [String]
    var outputs: [String]
  }

  /// The data sets.
  /// - Throws: `InfoldError` with `.fileAccess` if there are none, or one has no outputs.
  func dataSets() throws(InfoldError) -> [DataSet] {
    var sets: [DataSet] = []
    for entry in try Folder.entries(path) where entry.isFolder && entry.name.hasPrefix("test_data_set_") {
      let folder = path + "/" + entry.name
      let names = Set(try Folder.entries(folder).map(\.name))
      func files(_ prefix: String) -> [String] {
        (0...).lazy.map { "\(prefix)_\($0).pb" }.prefix(while: names.contains).map { folder + "/" + $0 }
      }
      let set = DataSet(inputs: files("input"), outputs: files("output"))
      guard !set.outputs.isEmpty else {
        throw InfoldError(.fileAccess, "contains no output_0.pb", file: folder)
      }
      sets.append(set)
    }
    guard !sets.isEmpty else { throw InfoldError(.fileAccess, "contains no test_data_set_N", file: path) }
    return sets
  }
}

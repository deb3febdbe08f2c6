import InfoldOperators
import InfoldSystem

/// A folder of ONNX's backend tests: `model.onnx`, and in each `test_data_set_N` the inputs `input_M.pb` and the outputs
/// `output_M.pb` that they must give.
public struct ConformanceCase: Sendable, Hashable {
  /// The folder.
  public let path: String

  /// The folder's name, like `test_relu`.
  public var name: String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// The model's file.
  public var model: String { path + "/model.onnx" }

  /// The case in this folder.
  public init(path: String) {
    self.path = path
  }

  /// Every case in `folder` and the folders below it, in the order of their paths. A folder that links lead to more than
  /// once counts once.
  /// - Throws: `InfoldError` with `.fileAccess` for a folder that cannot be read.
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

  /// A pair of lists of files: the inputs of one run, and what it must give.
  struct DataSet {
    var inputs: [String]
    var outputs: [String]
  }

  /// The data sets.
  /// - Throws: `InfoldError` with `.fileAccess` when there are none, or one has no outputs.
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
        throw InfoldError(.fileAccess, "the folder holds no output_0.pb", file: folder)
      }
      sets.append(set)
    }
    guard !sets.isEmpty else { throw InfoldError(.fileAccess, "the folder holds no test_data_set_N", file: path) }
    return sets
  }
}

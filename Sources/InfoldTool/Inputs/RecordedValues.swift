import InfoldGraph
import InfoldONNX
import InfoldSystem
import InfoldTensor

/// The values of a model that another runtime computed, read from the files of a folder.
struct RecordedValues {
  /// The tensors by value name.
  private(set) var tensors: [String: Tensor] = [:]
  /// The tensors of further samples, one dictionary for each subfolder.
  private(set) var further: [[String: Tensor]] = []

  /// Reads the files of a folder that are named after values of `graph`, or that contain such a
  /// name.
  /// - Throws: `InfoldError` with the path of the folder or file if it cannot be read;
  ///   `.invalidArgument` if no file belongs to a value.
  init(_ folder: String, of graph: Graph) throws(InfoldError) {
    let names = Set(graph.values.map(\.name).filter { !$0.isEmpty })
    // Values whose names map to the same file name are ambiguous.
    let stems = Dictionary(grouping: names, by: fileName(ofValue:)).compactMapValues { $0.count == 1 ? $0[0] : nil }
    tensors = try Self.tensors(folder, names, stems)
    guard !tensors.isEmpty else {
      throw InfoldError(
        .invalidArgument, "contains no tensor for a value of the model",
        hint: "name each file after its value: NAME.npy or NAME.pb", file: folder)
    }
    for entry in try Folder.entries(folder).filter(\.isFolder).sorted(by: { $0.name < $1.name }) {
      let values = try Self.tensors(path(entry.name, in: folder), names, stems)
      if !values.isEmpty { further.append(values) }
    }
  }

  private static func tensors(
    _ folder: String, _ names: Set<String>, _ stems: [String: String]
  ) throws(InfoldError) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for entry in try Folder.entries(folder) where !entry.isFolder {
      let path = path(entry.name, in: folder)
      let ending = String(entry.name.suffix(4)).lowercased()
      if ending == ".npy" {
        let stem = String(entry.name.dropLast(4))
        if let name = names.contains(stem) ? stem : stems[stem] { tensors[name] = try NumPyFile.read(path) }
      } else if ending.hasSuffix(".pb") {
        let file = try TensorFile(path: path), stem = String(entry.name.dropLast(3))
        let name = names.contains(file.name) ? file.name : names.contains(stem) ? stem : stems[stem]
        if let name { tensors[name] = file.tensor }
      }
    }
    return tensors
  }
}

import InfoldImage
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// The samples in a folder, ordered by file name: pictures or tensor files. A sample is read when
/// it is requested.
struct DataSet {
  /// The origin of a sample.
  private enum Source {
    case picture(String, Preprocessing)
    /// The file of each input.
    case tensors([(input: String, path: String)])
  }

  private let sources: [Source]

  /// The number of samples, at least 1.
  var count: Int { sources.count }

  /// Returns the input tensors of a sample by name. Their first dimension is the batch, 1 for a
  /// picture.
  /// - Throws: `InfoldError` that names the file.
  func sample(_ index: Int) throws(InfoldError) -> [String: Tensor] {
    switch sources[index] {
    case .picture(let path, let preprocessing):
      let picture = try Picture(path: path)
      return try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in
        [preprocessing.input: try preprocessing.tensor(from: picture)]
      }
    case .tensors(let files):
      var tensors: [String: Tensor] = [:]
      for (input, path) in files { tensors[input] = try readTensor(path) }
      return tensors
    }
  }

  /// The preprocessing of pictures; `nil` for tensor files.
  var preprocessing: Preprocessing? {
    guard case .picture(_, let preprocessing) = sources[0] else { return nil }
    return preprocessing
  }

  /// Returns a picture before preprocessing.
  /// - Precondition: The samples are pictures.
  /// - Throws: `InfoldError` that names the file.
  func picture(_ index: Int) throws(InfoldError) -> Picture {
    guard case .picture(let path, _) = sources[index] else { preconditionFailure("sample \(index) is not a picture") }
    return try Picture(path: path)
  }

  /// Returns the name of a sample in messages: its file, or the folder of its files.
  func name(_ index: Int) -> String {
    switch sources[index] {
    case .picture(let path, _): path
    case .tensors(let files): files.count == 1 ? files[0].path : Self.folder(of: files[0].path)
    }
  }

  private static func folder(of path: String) -> String {
    String(path[..<(path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex)])
  }
}

extension DataSet {
  /// Finds the pictures in a folder: files ending in `.jpg`, `.jpeg`, `.png`, `.webp`, `.gif` or
  /// `.bmp`. They are preprocessed as the model's sidecar specifies.
  /// - Throws: `InfoldError`, with the path of the folder or the sidecar, if it cannot be read or
  ///   contains nothing usable.
  init(pictures folder: String, model path: String, inputs: [ValueInfo]) throws(InfoldError) {
    let preprocessing = try Sidecar(ofModel: path, PictureModel(inputs: inputs)).preprocessing
    let other = inputs.filter { $0.name != preprocessing.input && !$0.hasDefault }
    guard other.isEmpty else {
      throw InfoldError(
        .invalidArgument,
        "the model has inputs other than the picture: \(other.map(\.nameAndType).joined(separator: ", "))",
        hint: "pass tensor files with --inputs", file: path)
    }
    sources = try Self.files(in: folder, Picture.fileEndings.map { "." + $0 }).map { .picture($0, preprocessing) }
    guard !sources.isEmpty else {
      throw InfoldError(.invalidArgument, "contains no picture (.jpg, .png, .webp, .gif or .bmp)", file: folder)
    }
  }

  /// Finds the tensor files in a folder: `.npy` or `.pb`.
  ///
  /// If the model has one required input, each file is a sample. Otherwise, or if the folder
  /// contains no such files, each subfolder is a sample with one file per input: `NAME.npy` or
  /// `NAME.pb`, with `/` and `:` of the name replaced by `_`, or `input_K.pb` for input number K,
  /// as in ONNX's test data. Inputs with a default value may be missing.
  /// - Throws: `InfoldError`, with the path of the folder, if it cannot be read or a file is
  ///   missing.
  init(tensors folder: String, inputs: [ValueInfo]) throws(InfoldError) {
    let required = inputs.filter { !$0.hasDefault }
    let files = try Self.files(in: folder, Self.tensorEndings)
    if required.count == 1, !files.isEmpty {
      sources = files.map { .tensors([(required[0].name, $0)]) }
      return
    }
    var sources: [Source] = []
    for entry in try Folder.entries(folder) where entry.isFolder {
      sources.append(.tensors(try Self.sample(in: path(entry.name, in: folder), inputs)))
    }
    guard !sources.isEmpty else {
      throw InfoldError(
        .invalidArgument,
        required.count == 1
          ? "contains no tensor (.npy or .pb)" : "contains no sample (a folder with a file for each input)",
        hint: inputs.listed, file: folder)
    }
    self.sources = sources
  }

  private static let tensorEndings = [".npy", ".pb"]

  private static func sample(
    in folder: String, _ inputs: [ValueInfo]
  ) throws(InfoldError) -> [(input: String, path: String)] {
    let names = Set(try Folder.entries(folder).filter { !$0.isFolder }.map(\.name))
    var files: [(input: String, path: String)] = []
    for (index, input) in inputs.enumerated() {
      let candidates = tensorEndings.map { fileName(ofValue: input.name) + $0 } + ["input_\(index).pb"]
      if let name = candidates.first(where: names.contains) {
        files.append((input.name, path(name, in: folder)))
      } else if !input.hasDefault {
        throw InfoldError(
          .invalidArgument, "contains no tensor for the input \(input.nameAndType)",
          hint: "expected \(candidates.map { String(quoting: $0) }.joined(separator: " or "))", file: folder)
      }
    }
    guard !files.isEmpty else {
      throw InfoldError(.invalidArgument, "contains no tensor for any input", hint: inputs.listed, file: folder)
    }
    return files
  }

  private static func files(in folder: String, _ endings: [String]) throws(InfoldError) -> [String] {
    try Folder.entries(folder)
      .filter { entry in !entry.isFolder && endings.contains { entry.name.lowercased().hasSuffix($0) } }
      .map { path($0.name, in: folder) }
  }
}

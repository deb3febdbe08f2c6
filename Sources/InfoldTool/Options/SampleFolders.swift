import ArgumentParser
import InfoldRuntime
import InfoldSystem

/// The folder of samples. Shared by all commands that read a data set.
struct SampleFolders: ParsableArguments {
  @Option(
    help: ArgumentHelp("Use the pictures in this folder: JPEG, PNG, WebP, GIF or BMP.", valueName: "folder"),
    completion: .directory)
  var images: String?

  @Option(help: ArgumentHelp("Use the tensor files in this folder.", valueName: "folder"), completion: .directory)
  var inputs: String?

  /// Whether a folder is given.
  var isGiven: Bool { images != nil || inputs != nil }

  /// Checks that exactly one folder is given.
  func requireOne() throws {
    if (images == nil) == (inputs == nil) { throw ValidationError("pass a folder with either --images or --inputs") }
  }

  /// The samples in the folder, for the model at `path` with these inputs.
  /// - Precondition: A folder is given.
  /// - Throws: `InfoldError` like the initializers of `DataSet`.
  func dataSet(ofModel path: String, _ infos: [ValueInfo]) throws(InfoldError) -> DataSet {
    if let images { return try DataSet(pictures: images, model: path, inputs: infos) }
    return try DataSet(tensors: inputs!, inputs: infos)
  }
}

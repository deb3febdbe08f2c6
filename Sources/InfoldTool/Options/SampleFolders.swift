import ArgumentParser
import InfoldRuntime
import InfoldSystem

/// The folder of samples: common to every command that reads a data set.
struct SampleFolders: ParsableArguments {
  @Option(
    help: ArgumentHelp("Take the pictures in this folder: JPEG, PNG, WebP, GIF or BMP.", valueName: "folder"),
    completion: .directory)
  var images: String?

  @Option(help: ArgumentHelp("Take the tensors in this folder.", valueName: "folder"), completion: .directory)
  var inputs: String?

  /// Whether there is one.
  var isGiven: Bool { images != nil || inputs != nil }

  /// Checks that there is one.
  /// - Throws: `ValidationError`.
  func requireOne() throws {
    if (images == nil) == (inputs == nil) { throw ValidationError("give either --images or --inputs, a folder") }
  }

  /// The samples in it, for the model in the file `path`, which has these inputs.
  /// - Precondition: A folder is given.
  /// - Throws: `InfoldError`, as the initializers of `DataSet`.
  func dataSet(ofModel path: String, _ infos: [ValueInfo]) throws(InfoldError) -> DataSet {
    if let images { return try DataSet(pictures: images, model: path, inputs: infos) }
    return try DataSet(tensors: inputs!, inputs: infos)
  }
}

import ArgumentParser
import InfoldGraph
import InfoldONNX

/// How models are read, and what they may take: common to every command that reads one.
struct ModelOptions: ParsableArguments {
  @Option(
    name: .customLong("memory-limit"),
    help: ArgumentHelp(
      "The most memory to take for a model, like 512M or 2G. (default: three quarters of the machine's)",
      valueName: "size"))
  var memoryLimit: ByteCount?

  @Option(
    name: .customLong("data-root"),
    help: ArgumentHelp(
      "Follow links to external data that do not lead out of this folder. (default: follow none)", valueName: "folder"))
  var dataRoot: String?

  /// What is computed without a session counts in it.
  var budget: MemoryBudget { MemoryBudget(limit: memoryLimit?.bytes) }

  /// The model in a file, or from standard input, for which `-` stands.
  func model(_ path: String) throws(InfoldError) -> Model {
    guard path != StandardInput.argument else {
      let bytes = try StandardInput.contents(limit: Model.byteLimit)
      var model = try annotatingErrors({ $0.inFile(StandardInput.name) }) { () throws(InfoldError) in
        try Model(bytes: bytes, limits: ModelLimits(externalBytes: memoryLimit?.bytes))
      }
      model.path = StandardInput.name
      return model
    }
    return try Model(path: path, limits: ModelLimits(externalBytes: memoryLimit?.bytes), dataRoot: dataRoot)
  }
}

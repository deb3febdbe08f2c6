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

  @Flag(help: "Refuse a model that declares wrong shapes, or two sizes by one symbol, instead of warning.")
  var strict = false

  /// What is computed without a session counts in it.
  var budget: MemoryBudget { MemoryBudget(limit: memoryLimit?.bytes) }

  /// What declared shapes count for.
  var declaredShapes: DeclaredShapes { strict ? .binding : .advisory }

  /// The model in a file, of which warnings have been told.
  func model(_ path: String) throws(InfoldError) -> Model {
    let model = try Model(
      path: path, limits: ModelLimits(externalBytes: memoryLimit?.bytes), declaredShapes: declaredShapes,
      dataRoot: dataRoot)
    WarningLines.write(model.warnings, of: path)
    return model
  }
}

import ArgumentParser
import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldSystem

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
      "Follow links to external data that do not lead out of this folder. (default: follow none)", valueName: "folder"),
    completion: .directory)
  var dataRoot: String?

  @Flag(help: "Refuse a model that declares wrong types or shapes, or two sizes by one symbol, instead of warning.")
  var strict = false

  @Option(
    name: .customLong("time-limit"),
    help: ArgumentHelp(
      "The most seconds for reading a model, for preparing it, and for each run. (default: no limit)",
      valueName: "seconds"))
  var timeLimit: TimeLimit?

  /// Runs `body`, which may take so much memory, where it does not count in a session's.
  func limitingMemory<Output>(_ body: () throws(InfoldError) -> Output) throws(InfoldError) -> Output {
    try (MemoryBudget.current ?? MemoryBudget(limit: memoryLimit?.bytes)).charging(body)
  }

  /// The same for work on the model in a file, or from standard input, which errors then name that name no other file.
  func limitingMemory<Output>(
    for path: String, _ body: () throws(InfoldError) -> Output
  ) throws(InfoldError) -> Output {
    try annotatingErrors({ $0.inArgument(path) }) { () throws(InfoldError) in try limitingMemory(body) }
  }

  /// Runs `body`, which may take so much memory and time.
  func limiting<Output>(_ body: () throws(InfoldError) -> Output) throws(InfoldError) -> Output {
    try limitingMemory { () throws(InfoldError) -> Output in
      guard let timeLimit else { return try body() }
      return try Deadline(after: timeLimit.duration).limiting(body)
    }
  }

  /// What declared shapes count for.
  var declaredShapes: DeclaredShapes { strict ? .binding : .advisory }

  /// The model in a file, or from standard input, for which `-` stands. Its warnings have been told.
  /// - Parameter isOnlyInspected: Whether what is wrong with the model is kept with it, and no error.
  func model(_ path: String, isOnlyInspected: Bool = false) throws(InfoldError) -> Model {
    let model = try annotatingErrors({ $0.inArgument(path) }) { () throws(InfoldError) -> Model in
      try limiting { () throws(InfoldError) -> Model in try decoded(path, isOnlyInspected) }
    }
    WarningLines.write(model.warnings, of: displayName(path))
    return model
  }

  private func decoded(_ path: String, _ isOnlyInspected: Bool) throws(InfoldError) -> Model {
    let limits = ModelLimits(externalBytes: memoryLimit?.bytes)
    guard path == StandardInput.argument else {
      return try Model(
        path: path, operators: .standard, limits: limits, declaredShapes: declaredShapes, dataRoot: dataRoot,
        isOnlyInspected: isOnlyInspected)
    }
    var model = try Model(
      bytes: StandardInput.contents(limit: Model.byteLimit), operators: .standard, limits: limits,
      declaredShapes: declaredShapes, isOnlyInspected: isOnlyInspected)
    model.path = StandardInput.name
    return model
  }
}

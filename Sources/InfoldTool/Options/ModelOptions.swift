import ArgumentParser
import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldSystem

/// Options of how models are read, and of the resources that they may use. All commands that read a
/// model share them.
struct ModelOptions: ParsableArguments {
  @Option(
    name: .customLong("memory-limit"),
    help: ArgumentHelp(
      "The memory limit for a model, such as 512M or 2G. (default: three quarters of the machine's memory)",
      valueName: "size"))
  var memoryLimit: ByteCount?

  @Option(
    name: .customLong("data-root"),
    help: ArgumentHelp(
      "Follow symbolic links to external data within this folder. (default: follow none)", valueName: "folder"),
    completion: .directory)
  var dataRoot: String?

  @Flag(help: "Reject wrong declared types and shapes, and symbols with two sizes, instead of warning.")
  var strict = false

  @Option(
    name: .customLong("time-limit"),
    help: ArgumentHelp(
      "The time limit in seconds for reading a model, preparing it, and each run. (default: none)",
      valueName: "seconds"))
  var timeLimit: TimeLimit?

  /// Runs `body` within the memory limit, unless a surrounding memory budget applies.
  func limitingMemory<Output>(_ body: () throws(InfoldError) -> Output) throws(InfoldError) -> Output {
    try (MemoryBudget.current ?? MemoryBudget(limit: memoryLimit?.bytes)).charging(body)
  }

  /// Runs `body` within the memory limit. Errors without a file get the file at `path`, or standard
  /// input.
  func limitingMemory<Output>(
    for path: String, _ body: () throws(InfoldError) -> Output
  ) throws(InfoldError) -> Output {
    try annotatingErrors({ $0.inArgument(path) }) { () throws(InfoldError) in try limitingMemory(body) }
  }

  /// Runs `body` within the memory limit and the time limit.
  func limiting<Output>(_ body: () throws(InfoldError) -> Output) throws(InfoldError) -> Output {
    try limitingMemory { () throws(InfoldError) -> Output in
      guard let timeLimit else { return try body() }
      return try Deadline(after: timeLimit.duration).limiting(body)
    }
  }

  /// The treatment of declared shapes.
  var declaredShapes: DeclaredShapes { strict ? .binding : .advisory }

  /// Reads the model in a file, or on standard input for `-`, and prints its warnings.
  /// - Parameter isOnlyInspected: Whether problems of the model are kept with it instead of thrown.
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

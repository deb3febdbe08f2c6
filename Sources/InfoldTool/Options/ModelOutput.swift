import ArgumentParser
import InfoldGraph
import InfoldONNX
import InfoldSystem

/// Where a command writes the model that it makes: a file, or standard output for `-`. What it says then goes to standard error.
struct ModelOutput {
  /// The argument.
  let argument: String

  private var isStandardOutput: Bool { argument == StandardInput.argument }

  /// Whether both the model and the one JSON value may be written.
  /// - Throws: `ValidationError` where standard output would get both.
  static func check(_ argument: String?, json: Bool) throws {
    if json, argument == StandardInput.argument {
      throw ValidationError("-o - writes the model to standard output, where --json would write as well")
    }
  }

  /// Refuses to replace the model that this one is made of.
  /// - Throws: `InfoldError` with `.invalidArgument` when the file at `input` would be written over.
  func requireOther(than input: String) throws(InfoldError) {
    guard !isStandardOutput, let old = FileStatus(input), let new = FileStatus(argument),
      old.isSameFile(as: new), new.kind == .regular
    else { return }
    throw InfoldError(
      .invalidArgument, "is the model that is read, which would be lost", hint: "name another file with -o",
      file: argument)
  }

  /// Writes the model.
  /// - Returns: Its bytes; `nil` where they went into a pipe or a device that was named.
  /// - Throws: `InfoldError`, naming the file, and for a terminal.
  @discardableResult
  func write(_ model: Model) throws(InfoldError) -> Int? {
    guard isStandardOutput else {
      try model.write(to: argument)
      return try? RegularFile(path: argument).size
    }
    guard !StandardStream.output.isTerminal else {
      throw InfoldError(
        .invalidArgument, "standard output is a terminal, which shows no models",
        hint: "redirect it to a file or a program")
    }
    let bytes = try model.serialized()
    try StandardOutput.write(bytes)
    return bytes.count
  }

  /// Says `text` where the model is not.
  func report(_ text: String) throws(InfoldError) {
    if isStandardOutput { StandardError.write(text) } else { try StandardOutput.write(text) }
  }

  /// The argument, for a sentence.
  var name: String { isStandardOutput ? "standard output" : String(printable: argument) }
}

/// Refuses `-` for a file that is written beside what the command says on standard output.
/// - Throws: `InfoldError` with `.invalidArgument`.
func refuseStandardOutput(_ argument: String?, option: String) throws(InfoldError) {
  guard argument == StandardInput.argument else { return }
  throw InfoldError(
    .invalidArgument, "\(option) - stands for standard output, where the report goes", hint: "name a file")
}

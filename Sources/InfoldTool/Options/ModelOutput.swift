import ArgumentParser
import InfoldGraph
import InfoldONNX
import InfoldSystem

/// The destination of a model that a command writes: a file, or standard output for `-`. In the
/// latter case, the report goes to standard error.
struct ModelOutput {
  /// The argument.
  let argument: String

  private var isStandardOutput: Bool { argument == StandardInput.argument }

  /// Checks that `--json` and the model do not share standard output.
  /// - Throws: `ValidationError` if both would be written to standard output.
  static func check(_ argument: String?, json: Bool) throws {
    if json, argument == StandardInput.argument {
      throw ValidationError("--json and -o - cannot be combined: both write to standard output")
    }
  }

  /// Checks that the output does not replace the input model.
  /// - Throws: `InfoldError` with `.invalidArgument` if the file at `input` would be overwritten.
  func requireOther(than input: String) throws(InfoldError) {
    guard !isStandardOutput, let old = FileStatus(input), let new = FileStatus(argument),
      old.isSameFile(as: new), new.kind == .regular
    else { return }
    throw InfoldError(
      .invalidArgument, "is the input model and would be overwritten", hint: "choose another file with -o",
      file: argument)
  }

  /// Writes the model.
  /// - Returns: The number of bytes written, or `nil` if the path names a pipe or a device.
  /// - Throws: `InfoldError` with the path of the file, or if standard output is a terminal.
  @discardableResult
  func write(_ model: Model) throws(InfoldError) -> Int? {
    guard isStandardOutput else {
      try model.write(to: argument)
      return try? RegularFile(path: argument).size
    }
    guard !StandardStream.output.isTerminal else {
      throw InfoldError(
        .invalidArgument, "standard output is a terminal, and models are binary",
        hint: "redirect it to a file or a program")
    }
    let bytes = try model.serialized()
    try StandardOutput.write(bytes)
    return bytes.count
  }

  /// Prints `text` to the stream that the model is not written to.
  func report(_ text: String) throws(InfoldError) {
    if isStandardOutput { StandardError.write(text) } else { try StandardOutput.write(text) }
  }

  /// The name of the destination in messages.
  var name: String { isStandardOutput ? "standard output" : String(printable: argument) }
}

/// Throws if `-` is passed for a file that is written in addition to the report on standard output.
/// - Throws: `InfoldError` with `.invalidArgument`.
func refuseStandardOutput(_ argument: String?, option: String) throws(InfoldError) {
  guard argument == StandardInput.argument else { return }
  throw InfoldError(
    .invalidArgument, "\(option) - is standard output, to which the report is written", hint: "pass the path of a file")
}

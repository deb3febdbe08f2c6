import ArgumentParser
import InfoldOperators
import InfoldSystem

/// Parses the command line, runs the command, and turns what it throws into one line and an exit code.
@main
enum Main {
  static func main() {
    CurrentProcess.setSignalsOfCommand()
    let arguments = Array(CommandLine.arguments.dropFirst())
    // The parser takes it for the option without a value.
    if arguments.prefix(while: { $0 != "--" }).contains("--tune=") {
      StandardError.write("infold: --tune= has no value; see '\(helpCommand(arguments))'\n")
      CurrentProcess.exit(ToolExit.badInput)
    }
    if let word = strangeHelp(arguments) {
      StandardError.write("infold: \(noCommand(word)) see '\(helpCommand([]))'\n")
      CurrentProcess.exit(ToolExit.badInput)
    }
    do {
      var command = try InfoldCommand.parseAsRoot(arguments)
      try command.run()
    } catch {
      CurrentProcess.exit(report(error, arguments))
    }
  }

  /// - Returns: The exit code.
  private static func report(_ error: any Error, _ arguments: [String]) -> Int32 {
    switch error {
    case let code as ExitCode:
      return code.rawValue
    case let error as InfoldError:
      StandardError.write("infold: \(error.suggestingFile)\n")
      return ToolExit.badInput
    default:
      guard InfoldCommand.exitCode(for: error) != .success else { return help(error) }
      let message = InfoldCommand.message(for: error).split(separator: "\n").joined(separator: " ")
      StandardError.write("infold: \(sentence(message, arguments)) see '\(helpCommand(arguments))'\n")
      return ToolExit.badInput
    }
  }

  /// Help, the version, and completion scripts, which argument-parser throws.
  private static func help(_ error: any Error) -> Int32 {
    do throws(InfoldError) {
      try StandardOutput.write(InfoldCommand.fullMessage(for: error, columns: Terminal.output.width) + "\n")
      return 0
    } catch {
      StandardError.write("infold: \(error)\n")
      return ToolExit.badInput
    }
  }

  /// The message, with a command that is near to one that does not exist.
  private static func sentence(_ message: String, _ arguments: [String]) -> String {
    if message.hasSuffix("?") { return message + " Or" }
    let words = arguments.filter { $0 != "help" }
    // What follows a command that is none has no meaning, and is no help.
    if let word = words.first, !word.hasPrefix("-"), !commandNames.contains(word) { return noCommand(word) }
    return (message.hasSuffix(".") ? String(message.dropLast()) : message) + ";"
  }

  /// The word behind `help` that is no command: the parser would show the help of all of them.
  private static func strangeHelp(_ arguments: [String]) -> String? {
    guard arguments.first == "help", let word = arguments.dropFirst().first, !word.hasPrefix("-"), word != "help",
      !commandNames.contains(word)
    else { return nil }
    return word
  }

  private static func noCommand(_ word: String) -> String {
    let question = suggestion(for: word, among: commandNames).map { "; \($0) Or" } ?? ";"
    return "there is no command \(String(quoting: word))" + question
  }

  private static var commandNames: [String] {
    InfoldCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
  }

  private static func helpCommand(_ arguments: [String]) -> String {
    let subcommand = arguments.first.flatMap { commandNames.contains($0) ? " " + $0 : nil } ?? ""
    return "infold\(subcommand) --help"
  }
}

/// The tool's exit codes beside 0.
enum ToolExit {
  /// A check failed: a test case, a validation, a comparison.
  static let checkFailed: Int32 = 1
  /// Bad usage or bad input.
  static let badInput: Int32 = 2
}

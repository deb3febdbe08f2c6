import ArgumentParser
import InfoldOperators
import InfoldSystem

/// Parses the command line, runs the command, and turns errors into one line and an exit code.
@main
enum Main {
  static func main() {
    CurrentProcess.setSignalsOfCommand()
    let arguments = Array(CommandLine.arguments.dropFirst())
    // ArgumentParser would take this for `--tune` without a value.
    if arguments.prefix(while: { $0 != "--" }).contains("--tune=") {
      StandardError.write("infold: --tune= has no value; see '\(helpCommand(arguments))'\n")
      CurrentProcess.exit(ToolExit.badInput)
    }
    if let word = unknownHelpCommand(arguments) {
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

  /// Reports an error on standard error.
  ///
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

  /// Prints help, the version or a completion script. ArgumentParser throws these as errors.
  private static func help(_ error: any Error) -> Int32 {
    do throws(InfoldError) {
      try StandardOutput.write(InfoldCommand.fullMessage(for: error, columns: Terminal.output.width) + "\n")
      return 0
    } catch {
      StandardError.write("infold: \(error)\n")
      return ToolExit.badInput
    }
  }

  /// The message for standard error. For an unknown command, it suggests commands with similar
  /// names.
  private static func sentence(_ message: String, _ arguments: [String]) -> String {
    if message.hasSuffix("?") { return message + " Or" }
    let words = arguments.filter { $0 != "help" }
    // Arguments after an unknown command have no meaning.
    if let word = words.first, !word.hasPrefix("-"), !commandNames.contains(word) { return noCommand(word) }
    return (message.hasSuffix(".") ? String(message.dropLast()) : message) + ";"
  }

  /// The unknown command after `help`. ArgumentParser would show the help of the root command
  /// instead.
  private static func unknownHelpCommand(_ arguments: [String]) -> String? {
    guard arguments.first == "help", let word = arguments.dropFirst().first, !word.hasPrefix("-"), word != "help",
      !commandNames.contains(word)
    else { return nil }
    return word
  }

  private static func noCommand(_ word: String) -> String {
    let question = suggestion(for: word, among: commandNames).map { "; \($0) Or" } ?? ";"
    return "unknown command \(String(quoting: word))" + question
  }

  private static var commandNames: [String] {
    InfoldCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
  }

  private static func helpCommand(_ arguments: [String]) -> String {
    let subcommand = arguments.first.flatMap { commandNames.contains($0) ? " " + $0 : nil } ?? ""
    return "infold\(subcommand) --help"
  }
}

/// The exit codes other than 0.
enum ToolExit {
  /// A check failed: a test case, a validation or a comparison.
  static let checkFailed: Int32 = 1
  /// Invalid usage or input.
  static let badInput: Int32 = 2
}

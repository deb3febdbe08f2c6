import ArgumentParser

/// `infold completions`: prints or installs shell completions.
struct CompletionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completions",
    abstract: "Print or install shell completions for bash, zsh or fish.",
    discussion: """
      The script goes to standard output, or with --install to the user's completions folder. An existing file that \
      this command has not written is left unchanged, and the exit code is 2.

      EXAMPLES
        infold completions --install
        infold completions fish --install
        infold completions bash > infold.bash
      """)

  @Argument(help: "bash, zsh or fish. (default: the shell in SHELL)")
  var shell: CompletionScript.Shell?

  @Flag(help: "Install the script where the shell finds it.")
  var install = false

  func run() throws {
    let script = try CompletionScript(shell ?? .current())
    guard install else { return try StandardOutput.write(script.text) }
    let path = try script.install()
    try StandardOutput.write("Wrote \(String(printable: path)).\n\(script.nextStep)\n")
  }
}

import ArgumentParser

/// `infold completions`: what a shell needs to complete the tool's arguments.
struct CompletionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completions",
    abstract: "Print or install the completions of bash, zsh or fish.",
    discussion: """
      The script goes to standard output, or with --install into the user's folder for it. A file there that this command \
      has not written is left alone, and the exit code is 2.

      EXAMPLES
        infold completions --install
        infold completions fish --install
        infold completions bash > infold.bash
      """)

  @Argument(help: "bash, zsh or fish; without it, the shell that SHELL names.")
  var shell: CompletionScript.Shell?

  @Flag(help: "Write the script to where the shell looks for it.")
  var install = false

  func run() throws {
    let script = try CompletionScript(shell ?? .current())
    guard install else { return try StandardOutput.write(script.text) }
    let path = try script.install()
    try StandardOutput.write("Wrote \(String(printable: path)).\n\(script.nextStep)\n")
  }
}

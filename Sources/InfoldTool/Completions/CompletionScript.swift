import ArgumentParser
import InfoldOperators
import InfoldSystem

/// A completion script for one shell.
struct CompletionScript {
  /// A shell that ArgumentParser supports.
  enum Shell: String, ExpressibleByArgument, CaseIterable {
    case bash
    case zsh
    case fish

    /// The shell in the environment variable SHELL.
    /// - Throws: `InfoldError` with `.invalidArgument` if it is not supported.
    static func current() throws(InfoldError) -> Shell {
      let path = Environment.variable("SHELL") ?? ""
      guard let shell = path.split(separator: "/").last.flatMap({ Shell(rawValue: String($0)) }) else {
        throw InfoldError(
          .invalidArgument,
          "the environment variable SHELL is \(String(quoting: path)), but completions support bash, zsh and fish",
          hint: "pass the shell, as in 'infold completions bash'")
      }
      return shell
    }
  }

  /// The last line of every script. It distinguishes an older version from a file of other origin.
  private static let mark = "# Written by 'infold completions'."

  let shell: Shell

  init(_ shell: Shell) {
    self.shell = shell
  }

  /// The script.
  var text: String {
    let kind: CompletionShell =
      switch shell {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    let script = InfoldCommand.completionScript(for: kind)
    return script + (script.hasSuffix("\n") ? "" : "\n") + Self.mark + "\n"
  }

  /// Writes the script to the folder where the shell looks for it.
  /// - Returns: The path of the script.
  /// - Throws: `InfoldError` with `.fileAccess` if the file cannot be written, or exists and was
  ///   not written by Infold.
  func install() throws(InfoldError) -> String {
    let folder = try folder()
    let path = folder + "/" + fileName
    if FileStatus(path) != nil {
      let old = try RegularFile.text(ofFile: path, limit: 16 << 20)
      guard old.hasSuffix(Self.mark + "\n") else {
        throw InfoldError(
          .fileAccess, "\(String(quoting: path)) exists and was not written by Infold",
          hint: "move it away, or print the script with 'infold completions \(shell.rawValue)'")
      }
    }
    try Folder.create(folder)
    let bytes = Array(text.utf8)
    try writeReplacing(path) { file throws(InfoldError) in try file.write(bytes) }
    return path
  }

  /// What the user has to do next.
  var nextStep: String {
    switch shell {
    case .bash: "Open a new shell. It needs the package bash-completion, which loads the file when you first press Tab."
    case .zsh:
      "Add this line to ~/.zshrc before compinit, unless it is there: fpath=(\"${XDG_DATA_HOME:-$HOME/.local/share}\"/zsh/site-functions $fpath)"
    case .fish: "Open a new shell."
    }
  }

  private var fileName: String {
    switch shell {
    case .bash: "infold"
    case .zsh: "_infold"
    case .fish: "infold.fish"
    }
  }

  private func folder() throws(InfoldError) -> String {
    switch shell {
    case .bash: try base("XDG_DATA_HOME", "/.local/share") + "/bash-completion/completions"
    case .zsh: try base("XDG_DATA_HOME", "/.local/share") + "/zsh/site-functions"
    case .fish: try base("XDG_CONFIG_HOME", "/.config") + "/fish/completions"
    }
  }

  /// A base folder as the XDG Base Directory Specification defines it. Relative paths are ignored,
  /// as it demands.
  private func base(_ name: String, _ usual: String) throws(InfoldError) -> String {
    if let folder = Environment.variable(name), folder.hasPrefix("/") { return folder }
    guard let home = Environment.variable("HOME"), home.hasPrefix("/") else {
      throw InfoldError(
        .invalidArgument, "the environment variable HOME is not an absolute path, so there is no install folder")
    }
    return home + usual
  }
}

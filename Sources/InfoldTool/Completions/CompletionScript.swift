import ArgumentParser
import InfoldOperators
import InfoldSystem

/// The completions of one shell.
struct CompletionScript {
  /// A shell that argument-parser writes completions for.
  enum Shell: String, ExpressibleByArgument, CaseIterable {
    case bash
    case zsh
    case fish

    /// The shell that the variable SHELL names.
    /// - Throws: `InfoldError` with `.invalidArgument` when it is none of these.
    static func current() throws(InfoldError) -> Shell {
      let path = Environment.variable("SHELL") ?? ""
      guard let shell = path.split(separator: "/").last.flatMap({ Shell(rawValue: String($0)) }) else {
        throw InfoldError(
          .invalidArgument,
          "the variable SHELL is \(String(quoting: path)), and there are completions for bash, zsh and fish",
          hint: "name the shell, as in 'infold completions bash'")
      }
      return shell
    }
  }

  /// The last line of every script; by it an older version is told from a stranger's file.
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

  /// Writes the script to where the shell looks for it.
  /// - Returns: The path.
  /// - Throws: `InfoldError` with `.fileAccess` for what cannot be written, or a file that is not Infold's.
  func install() throws(InfoldError) -> String {
    let folder = try folder()
    let path = folder + "/" + fileName
    if FileStatus(path) != nil {
      let old = try RegularFile.text(ofFile: path, limit: 16 << 20)
      guard old.hasSuffix(Self.mark + "\n") else {
        throw InfoldError(
          .fileAccess, "\(String(quoting: path)) is there, and not from Infold",
          hint: "move it away, or print the script with 'infold completions \(shell.rawValue)'")
      }
    }
    try Folder.create(folder)
    let bytes = Array(text.utf8)
    try writeReplacing(path) { file throws(InfoldError) in try file.write(bytes) }
    return path
  }

  /// What the user does next.
  var nextStep: String {
    switch shell {
    case .bash: "Open a new shell. It needs the package bash-completion, which loads the file at the first Tab."
    case .zsh:
      "If it is not there yet, add to ~/.zshrc, before compinit: fpath=(\"${XDG_DATA_HOME:-$HOME/.local/share}\"/zsh/site-functions $fpath)"
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

  /// A folder of the XDG Base Directory Specification, which wants relative paths ignored.
  private func base(_ name: String, _ usual: String) throws(InfoldError) -> String {
    if let folder = Environment.variable(name), folder.hasPrefix("/") { return folder }
    guard let home = Environment.variable("HOME"), home.hasPrefix("/") else {
      throw InfoldError(.invalidArgument, "the variable HOME names no folder to install into")
    }
    return home + usual
  }
}

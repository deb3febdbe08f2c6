import TestSupport
import Testing

@Suite struct CompletionsTests {
  @Test(arguments: [
    ("bash", ".local/share/bash-completion/completions/infold"), ("zsh", ".local/share/zsh/site-functions/_infold"),
    ("fish", ".config/fish/completions/infold.fish"),
  ])
  func installs(shell: String, file: String) throws {
    let home = try TemporaryFolder()
    let environment = ["HOME": home.path, "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": ""]
    let printed = try infold(["completions", shell])
    #expect(printed.status == 0 && printed.output.contains("infold"))
    for _ in 1...2 {
      let result = try infold(["completions", shell, "--install"], environment: environment)
      #expect(result.status == 0 && result.error == "")
      #expect(result.output.contains(home.path + "/" + file))
    }
    let written = try run("/bin/cat", [home.path + "/" + file])
    #expect(written.output == printed.output)
  }

  /// Options that take a file or a folder complete file names.
  @Test func offersFiles() throws {
    let lines = try infold(["completions", "bash"]).output.split(separator: "\n").map(String.init)
    for option in ["--sidecar", "--folded", "--trace", "--html", "--graph", "--output", "--images", "--data-root"] {
      let cases = lines.indices.dropLast().filter { lines[$0].contains("'\(option)'") && lines[$0].hasSuffix(")") }
      #expect(!cases.isEmpty, "\(option)")
      for line in cases { #expect(lines[line + 1].contains("__infold_add_completions -"), "\(option)") }
    }
  }

  @Test func leavesOtherFilesAlone() throws {
    let home = try TemporaryFolder()
    let environment = ["HOME": home.path, "XDG_CONFIG_HOME": home.path]
    _ = try run(
      "/bin/sh",
      ["-c", "mkdir -p '\(home.path)/fish/completions'; echo mine > '\(home.path)/fish/completions/infold.fish'"])
    let result = try infold(["completions", "fish", "--install"], environment: environment)
    #expect(result.status == 2 && result.error.contains("not written by Infold"))
    #expect(try run("/bin/cat", [home.path + "/fish/completions/infold.fish"]).output == "mine\n")
  }

  @Test func asksForAShellItKnows() throws {
    let result = try infold(["completions"], environment: ["SHELL": "/bin/sh"])
    #expect(result.status == 2 && result.error.contains("bash, zsh and fish"))
  }
}

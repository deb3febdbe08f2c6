import InfoldOperators
import TestSupport
import Testing

@Suite struct UsageTests {
  @Test(arguments: [
    (["bogus"], "bogus"), (["run"], "<model>"), (["classify", "m"], "<images>"), (["test"], "<dir>"),
    (["inspect"], "<model>"), (["inspect", "a", "b"], "'b'"), (["run", "m", "--bogus"], "--bogus"),
    (["run", "m", "--threads", "-1"], "--threads"), (["run", "m", "--threads=-1"], "must be 1 to 1024"),
    (["run", "m", "--threads", "0"], "must be 1 to 1024"), (["run", "m", "--threads", "x"], "'x'"),
    (["run", "m", "--threads", "99999999999999999999"], "99999999999999999999"),
    (["run", "m", "--random"], "--random"), (["run", "m", "--random=-1"], "'-1'"),
    (["classify", "m", "i", "--top", "0"], "at least 1"),
    (["test", "d", "--rtol", "nan"], "--rtol"), (["test", "d", "--atol=-1"], "--atol"),
    (["run", "m\n\n", "--bogus"], "--bogus"), (["statistics", "m"], "--images or --inputs"),
    (["statistics", "m", "--images", "d", "--inputs", "d"], "--images or --inputs"),
    (["statistics", "m", "--images", "d", "--batch-size", "0"], "at least 1"),
    (["statistics", "m", "--images", "d", "--estimator", "best"], "--estimator"),
    (["statistics", "m", "--images", "d", "--unbiased", "--estimator", "paper"], "--unbiased and --estimator paper"),
  ])
  func refusesBadUsage(arguments: [String], part: String) throws {
    try expectRefusal(arguments, part, "see 'infold", "--help'")
  }

  @Test(arguments: [
    (["clasify", "m", "i"], "unknown command \"clasify\"; did you mean \"classify\"? Or see 'infold --help'"),
    (["clasify", "m", "i", "--top", "3"], "unknown command \"clasify\"; did you mean \"classify\"?"),
    (["clasify"], "did you mean \"classify\"?"),
    (["qwertz", "m"], "unknown command \"qwertz\"; see 'infold --help'"),
  ])
  func namesTheCommandThatIsNone(arguments: [String], text: String) throws {
    try expectRefusal(arguments, text)
    #expect(try !infold(arguments).error.contains("unexpected argument"))
  }

  @Test(arguments: [
    ["--help"], ["-h"], [], ["help", "run"], ["run", "--help"], ["classify", "--help"], ["inspect", "-h"],
    ["sidecar", "--help"], ["statistics", "--help"], ["quantize", "--help"], ["operators", "--help"],
    ["test", "--help"], ["--version"],
  ])
  func helps(arguments: [String]) throws {
    let result = try infold(arguments)
    #expect(result.status == 0)
    #expect(result.error == "")
    #expect(result.output.contains(arguments == ["--version"] ? "." : "USAGE: infold"))
  }

  @Test func namesTheCommandWhoseHelpIsMeant() throws {
    #expect(try infold("run").error.hasSuffix("see 'infold run --help'\n"))
    #expect(try infold("bogus").error.hasSuffix("see 'infold --help'\n"))
  }

  /// The reader is gone before the tool writes.
  @Test func endsQuietlyWithItsReader() throws {
    let folder = try TemporaryFolder()
    let script = "mkfifo pipe && { : < pipe & exec 3> pipe; wait; '\(toolPath)' --help >&3; true; }"
    let result = try run("/bin/sh", ["-c", "cd '\(folder.path)' && \(script)"])
    #expect(result.error == "")
  }

  @Test func reportsAFullDisk() throws {
    let result = try run("/bin/sh", ["-c", "exec '\(toolPath)' --help > /dev/full"])
    #expect(result.status == 2)
    #expect(result.error == "infold: the output cannot be written: no space left on device\n")
  }
}

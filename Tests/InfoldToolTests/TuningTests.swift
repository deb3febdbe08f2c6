import Foundation
import TestSupport
import Testing

/// `--tune`.
@Suite struct TuningTests {
  private let folder: TemporaryFolder
  private let network: String

  init() throws {
    folder = try TemporaryFolder()
    network = try folder.write(
      "network.onnx",
      Onnx.model(graph: [
        Onnx.input("x", [Onnx.dim(1), Onnx.dim(16), Onnx.dim(24), Onnx.dim(24)]), Onnx.output("y"),
        Onnx.node("Conv", name: "mix", ["x", "w"], ["y"]),
        Onnx.initializer("w", [192, 16, 1, 1], [Onnx.raw((0..<3072).map { Float($0 % 7) - 3 })]),
      ]))
  }

  private func run(_ arguments: String...) throws -> ToolResult {
    try infold(arguments, environment: ["XDG_CACHE_HOME": folder.path("cache")])
  }

  private var kept: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path("cache/infold/tuning"))) ?? []
  }

  @Test func keepsChoicesInTheCacheFolder() throws {
    let result = try run("bench", network, "--threads", "2", "--seconds", "0.01", "--tune")
    #expect(result.status == 0 && result.error == "", "\(result.error)")
    #expect(kept.count == 1)
    #expect(result.output.contains("tuned: ") && result.output.contains("measured now"), "\(result.output)")
    // The contents of the file are shown.
    let plan = try run("inspect", network, "--plan", "--threads", "2", "--tune", "same-bits")
    #expect(plan.status == 0 && plan.output.contains("measured") && plan.output.contains("sharing "), "\(plan.output)")
    let report: [String: Any] = try run(
      "inspect", network, "--plan", "--threads", "2", "--tune", "free", "--json"
    ).json()
    let steps = try #require((report["parts"] as? [[String: Any]])?.first?["steps"] as? [[String: Any]])
    let step = try #require(steps.first { $0["algorithm"] as? String == "1×1" })
    #expect((step["measuredChoices"] as? [String])?.contains { $0.hasPrefix("sharing ") } == true)
    let profile: [String: Any] = try run(
      "profile", network, "--threads", "2", "--runs", "1", "--tune", "same-bits", "--json"
    ).json()
    let layers = try #require(profile["layers"] as? [[String: Any]])
    #expect(layers.contains { ($0["measuredChoices"] as? [String])?.isEmpty == false })
    let plain = try run("inspect", network, "--plan", "--threads", "2")
    #expect(plain.status == 0 && !plain.output.contains("measured"))
  }

  @Test func needsAWordBehindTheSign() throws {
    try expectRefusal(["run", network, "--random", "1", "--tune="], "--tune= has no value", "see 'infold run --help'")
  }

  /// A model path after --tune is not taken as its value.
  @Test func takesNoModelForAValue() throws {
    let result = try run("run", "--tune", network, "--random", "1", "--tune-time", "0.000001")
    #expect(result.status == 0 && result.error.contains("raise the time limit for tuning"), "\(result.error)")
  }

  @Test func keepsNothing() throws {
    let result = try run("run", network, "--random", "1", "--threads", "2", "--tune", "same-bits", "--no-tune-cache")
    // Other tests may be using the processors.
    let isQuiet = result.error.isEmpty || result.error.contains("other processes use the processors")
    #expect(result.status == 0 && isQuiet, "\(result.error)")
    #expect(kept.isEmpty)
    try expectRefusal(["run", network, "--random", "1", "--no-tune-cache"], "--tune")
    for words in [["--tune", "fast"], ["--tune=fast"]] {
      try expectRefusal(["run", network, "--random", "1"] + words, "same-bits or free")
    }
    try expectRefusal(["run", network, "--random", "1", "--tune", "--no-optimize"], "--no-optimize")
    try expectRefusal(["run", network, "--random", "1", "--tune-time", "2"], "--tune")
  }

  /// A cache folder that cannot be written to is not an error.
  @Test func warnsOfWhatCannotBeKept() throws {
    try folder.write("cache", [1])
    let result = try run("run", network, "--random", "1", "--threads", "2", "--tune", "same-bits")
    #expect(result.status == 0)
    #expect(
      result.error.hasPrefix("infold: warning: ") && result.error.contains("tuning results cannot be stored"),
      "\(result.error)")
    #expect(result.error.split(separator: "\n").count == 1)
  }
}

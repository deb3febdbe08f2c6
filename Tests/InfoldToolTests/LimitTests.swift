import Foundation
import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// Limits of memory, time, files and threads cause an error in one line, or a result, but never a
/// signal.
@Suite struct LimitTests {
  private let folder: TemporaryFolder
  /// Convolutions with batch normalization, [N, 8, 12, 12] → [N, 10]; about 65 KB of weights.
  private let model: String
  private let samples: String

  init() throws {
    folder = try TemporaryFolder()
    var network = NetworkBuilder()
    var y = network.input(["N", 8, 12, 12])
    for (channels, inner) in [(24, 8), (48, 24), (10, 48)] {
      y = try network.node(
        "Conv", [y, network.weights([channels, inner, 3, 3], in: -0.1...0.1)], ["pads": .ints([1, 1, 1, 1])])
      y = try network.node("Relu", [network.normalization(y, channels: channels)])
    }
    let scores = try network.node("Flatten", [network.node("GlobalAveragePool", [y])])
    model = folder.path("model.onnx")
    try Model(graph: network.finished(scores), irVersion: 8, opsetImports: [Model.OpsetImport(version: 13)]).write(
      to: model)
    samples = folder.path("samples")
    var random = SplitMix64(seed: 5)
    for index in 0..<2 {
      try folder.write("samples/\(index).npy", NumPyFile.encode(random.tensor([1, 8, 12, 12])))
    }
  }

  private var output: String { folder.path("output.onnx") }
  private var folded: String { folder.path("folded.onnx") }

  private func command(_ name: String) -> [String] {
    let shape = ["--shape", "x=1x8x12x12"]
    return switch name {
    case "run": ["run", model, "--random", "1", "--threads", "1"] + shape
    case "run without optimization": ["run", model, "--random", "1", "--no-optimize"] + shape
    case "run in double precision": ["run", model, "--random", "1", "--double"] + shape
    case "inspect": ["inspect", model] + shape
    case "inspect and draw":
      ["inspect", model, "--graph", folder.path("graph.svg"), "--layout", "infold"] + shape
    case "fold": ["fold", model, "-o", output]
    case "validate": ["validate", model, "--inputs", samples]
    case "validate two files": ["validate", model, "--folded", folded, "--inputs", samples]
    case "statistics": ["statistics", model, "--inputs", samples]
    case "statistics in sequence": ["statistics", model, "--inputs", samples, "--sequential", "-o", output]
    case "quantize": ["quantize", model, "--inputs", samples, "-o", output]
    case "classify":
      ["classify", repositoryFile("Models/efficientnet-lite0.onnx"), repositoryFile("Models/images/cat.png")]
    case "sidecar": ["sidecar", repositoryFile("Models/efficientnet-lite0.onnx"), "-o", "-"]
    case "bench": ["bench", model, "--seconds", "0.001"] + shape
    default: ["profile", model, "--runs", "1"] + shape
    }
  }

  /// Every command, with memory limits from 1 KB to enough.
  @Test(arguments: [
    "run", "run without optimization", "run in double precision", "inspect", "inspect and draw", "fold", "validate",
    "validate two files", "statistics", "statistics in sequence", "quantize", "bench", "profile",
    "classify", "sidecar",
  ])
  func memory(name: String) throws {
    if name == "validate two files" { #expect(try infold("fold", model, "-o", folded).status == 0) }
    var limit = 1024, refusals = 0
    var last: Int32 = 2
    while limit <= 1 << 28 {
      let result = try infold(command(name) + ["--memory-limit", "\(limit)"])
      last = result.status
      if result.status == 2 {
        refusals += 1
        #expect(result.output == "", "\(limit)")
        #expect(result.error.hasPrefix("infold: ") && result.error.filter(\.isNewline).count == 1, "\(result.error)")
        #expect(result.error.contains("limit") || result.error.contains("memory"), "\(result.error)")
      } else {
        #expect(result.status == 0, "\(limit): \(result)")
      }
      limit *= 4
    }
    #expect(refusals >= 2, "the limit is ignored")
    #expect(last != 2, "no limit is enough")
  }

  @Test(arguments: ["run", "run in double precision", "inspect", "fold", "validate", "statistics", "quantize", "bench"])
  func time(name: String) throws {
    let result = try infold(command(name) + ["--time-limit", "1e-9"])
    #expect(result.status == 2 && result.output == "")
    #expect(result.error.contains("time limit") && result.error.filter(\.isNewline).count == 1, "\(result.error)")
    let enough = try infold(command(name) + ["--time-limit", "3600"])
    #expect(enough.status == 0, "\(enough.error)")
  }

  @Test(arguments: ["0", "-1", "nan", "inf", "soon", "1e10", ""]) func timesThatAreNoLimit(text: String) throws {
    try expectRefusal(command("run") + ["--time-limit", text], "time-limit")
  }

  /// A file size limit below the size of the result.
  @Test(arguments: ["fold", "statistics in sequence", "quantize"]) func fileSizes(name: String) throws {
    let quoted = ([toolPath] + command(name)).map { "'\($0)'" }.joined(separator: " ")
    let result = try run("/bin/bash", ["-c", "ulimit -f 8; exec \(quoted)"])
    #expect(result.status == 2 && result.error.filter(\.isNewline).count == 1)
    #expect(result.error.contains("file too large"), "\(result.error)")
    #expect(!FileManager.default.fileExists(atPath: output))
  }

  /// Pipes without a reader, for every option that names an output file.
  @Test func pipes() throws {
    let pipe = folder.path("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    let shape = ["--shape", "x=1x8x12x12"]
    for arguments in [
      ["fold", model, "-o", pipe], ["quantize", model, "--inputs", samples, "-o", pipe],
      ["statistics", model, "--inputs", samples, "-o", pipe], ["validate", model, "--inputs", samples, "--html", pipe],
      ["profile", model, "--runs", "1", "--html", pipe] + shape,
      ["profile", model, "--runs", "1", "--trace", pipe] + shape,
    ] {
      try expectRefusal(arguments, pipe, "no reader")
    }
    let results = folder.path("results")
    try FileManager.default.createDirectory(atPath: results, withIntermediateDirectories: false)
    let graph = try Model(path: model, operators: .standard).graph
    #expect(mkfifo(results + "/\(graph[graph.outputs[0]].name).npy", 0o600) == 0)
    try expectRefusal(command("run") + ["--output", results], "no reader")
  }

  @Test func threadsOfTheEnvironment() throws {
    let bench = command("bench") + ["--json"]
    let report: [String: Any] = try infold(bench, environment: ["INFOLD_THREADS": "2"]).json()
    #expect(report["threads"] as? Int == 2)
    let chosen: [String: Any] = try infold(bench + ["--threads", "3"], environment: ["INFOLD_THREADS": "2"]).json()
    #expect(chosen["threads"] as? Int == 3)
    for text in ["0", "many", "1025", "-2", "1.5"] {
      let result = try infold(bench, environment: ["INFOLD_THREADS": text])
      #expect(result.status == 2 && result.output == "")
      #expect(result.error.contains("INFOLD_THREADS is \"\(text)\""), "\(result.error)")
    }
  }

  /// A control group for the test, if the machine permits it.
  @Test(.enabled(if: TestControlGroup.isPossible, "this machine lets nobody make control groups of processors"))
  func controlGroups() throws {
    let group = try #require(TestControlGroup())
    #expect(group.limitProcessors(quota: 250_000, period: 100_000))
    let quoted = ([toolPath] + command("bench") + ["--json"]).map { "'\($0)'" }.joined(separator: " ")
    let result = try run("/bin/bash", ["-c", "echo $$ > '\(group.path)/cgroup.procs' && exec \(quoted)"])
    let report: [String: Any] = try result.json()
    #expect(report["threads"] as? Int == min(3, ProcessInfo.processInfo.activeProcessorCount))
  }
}

/// A control group that is removed with this object.
private final class TestControlGroup {
  let path: String
  private let isUnified: Bool

  static let isPossible = TestControlGroup()?.limitProcessors(quota: 100_000, period: 100_000) ?? false

  init?() {
    let files = FileManager.default
    isUnified = files.fileExists(atPath: "/sys/fs/cgroup/cgroup.controllers")
    path = "/sys/fs/cgroup/" + (isUnified ? "" : "cpu/") + "infold-test-\(UUID().uuidString)"
    guard mkdir(path, 0o755) == 0 else { return nil }
  }

  func limitProcessors(quota: Int, period: Int) -> Bool {
    isUnified
      ? write("\(quota) \(period)", "cpu.max")
      : write("\(period)", "cpu.cfs_period_us") && write("\(quota)", "cpu.cfs_quota_us")
  }

  private func write(_ text: String, _ name: String) -> Bool {
    guard let file = FileHandle(forWritingAtPath: path + "/" + name) else { return false }
    return (try? file.write(contentsOf: Data(text.utf8))) != nil
  }

  deinit { rmdir(path) }
}

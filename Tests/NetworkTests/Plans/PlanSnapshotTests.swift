import Foundation
import InfoldGraph
import InfoldONNX
import InfoldRuntime
import InfoldSystem
import TestSupport
import Testing

/// Plans, compared with those in `Tests/Recorded/plans`. This reveals a lost fusion, a different algorithm or layout, and an increase of
/// memory.
///
/// They are made for the portable kernels and one thread, so that they are the same on every machine. After a change that is meant to
/// change plans, `tools/record-plans.sh` records them again, and the difference belongs in the commit.
@Suite struct PlanSnapshotTests {
  /// A network from a file, and the shapes and options of its plan.
  struct FileCase: CustomTestStringConvertible {
    let name: String
    var path: String?
    var shapes: [String: [Int]] = [:]
    var options = SessionOptions()

    var testDescription: String { name }

    func model() throws -> Model {
      guard let path else { return try Zoo.model(name) }
      return try Model(path: "\(repositoryFolder)/\(path)", operators: .standard)
    }
  }

  private static let efficientNet = "Models/efficientnet-lite0.onnx"

  static let files = [
    FileCase(name: "efficientnet-lite0", path: efficientNet, shapes: ["input": [1, 3, 224, 224]]),
    FileCase(
      name: "efficientnet-lite0-unfolded", path: efficientNet, shapes: ["input": [1, 3, 224, 224]],
      options: SessionOptions(foldBatchNormalization: false)),
    FileCase(name: "ppocr-cls", path: "Models/ppocr-cls.onnx", shapes: ["x": [1, 3, 48, 192]]),
    FileCase(name: "ppocr-det", shapes: ["x": [1, 3, 320, 320]]),
    FileCase(name: "ppocr-rec", shapes: ["x": [1, 3, 48, 320]]),
    FileCase(name: "densenet121", shapes: ["data_0": [1, 3, 224, 224]]),
    FileCase(name: "inception_v1", shapes: ["data_0": [1, 3, 224, 224]]),
    FileCase(name: "shufflenet", shapes: ["gpu_0/data_0": [1, 3, 224, 224]]),
    FileCase(
      name: "squeezenet", shapes: ["data_0": [1, 3, 224, 224]], options: SessionOptions(precision: .exact)),
    FileCase(
      name: "squeezenet-batch", path: ".build/zoo/squeezenet.onnx", shapes: ["data_0": [4, 3, 224, 224]]),
  ]

  @Test(arguments: files) func plansOfFiles(_ network: FileCase) throws {
    let plan = try Self.plan(network.model(), network.options, network.shapes)
    try Snapshot(network.name).expect(plan)
  }

  @Test(arguments: Block.allCases) func plansOfBlocks(_ block: Block) throws {
    let model = Model(graph: try block.graph(), opsetImports: [Model.OpsetImport(version: Block.opset)])
    try Snapshot(block.rawValue).expect(Self.plan(model, SessionOptions(optimize: block != .asWritten)))
  }

  /// Each recorded file belongs to a test.
  @Test(.disabled(if: Snapshot.isRecording)) func nothingElseIsRecorded() throws {
    let names = Self.files.map(\.name) + Block.allCases.map(\.rawValue)
    let files = try FileManager.default.contentsOfDirectory(atPath: Snapshot.folder)
    #expect(files.sorted() == (names.map { $0 + ".txt" } + ["README.md"]).sorted())
  }

  /// Neither a plan nor its steps depend on the number of threads.
  @Test(arguments: [Block.residual, .splitBatch, .transformer]) func threadsDoNotMatter(_ block: Block) throws {
    let model = Model(graph: try block.graph(), opsetImports: [Model.OpsetImport(version: Block.opset)])
    let one = try Self.plan(model, SessionOptions(threads: 1)), seven = try Self.plan(model, SessionOptions(threads: 7))
    #expect(one == seven)
  }

  private static func plan(
    _ model: Model, _ options: SessionOptions, _ shapes: [String: [Int]] = [:]
  ) throws -> PlanDescription {
    var options = options
    options.threads = options.threads ?? 1
    return try Session(model, options: options, kernelsNamed: "portable").planDescription(for: shapes)
  }
}

/// A plan recorded as text.
private struct Snapshot {
  static let folder = "\(repositoryFolder)/Tests/Recorded/plans"
  static let isRecording = ProcessInfo.processInfo.environment["INFOLD_RECORD_PLANS"] != nil

  private let path: String
  private let name: String

  init(_ name: String) {
    self.name = name
    path = "\(Self.folder)/\(name).txt"
  }

  /// Expects the text of a plan, without the numbers of steps, which change whenever an earlier step is added or removed.
  func expect(_ plan: PlanDescription, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let text = plan.description.replacing(#/(?m)^\d+\. /#, with: "")
    if Self.isRecording { try text.write(toFile: path, atomically: true, encoding: .utf8) }
    let recorded = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    guard text != recorded else { return }
    Issue.record(
      "the plan of \(name) is not as it was; if it is meant to be, run tools/record-plans.sh\n\(difference(recorded, text))",
      sourceLocation: sourceLocation)
  }

  /// The removed and the new lines, each with its number.
  private func difference(_ old: String, _ new: String) -> String {
    func lines(_ text: String) -> [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    let changes = lines(new).difference(from: lines(old)).map { change in
      switch change {
      case .remove(let line, let text, _): (line: line + 1, sign: "-", text: text)
      case .insert(let line, let text, _): (line: line + 1, sign: "+", text: text)
      }
    }
    let shown = changes.sorted { ($0.line, $1.sign) < ($1.line, $0.sign) }.prefix(60)
    return shown.map { "\($0.line) \($0.sign) \($0.text)\n" }.joined()
      + (changes.count > shown.count ? "and \(changes.count - shown.count) more lines\n" : "")
  }
}

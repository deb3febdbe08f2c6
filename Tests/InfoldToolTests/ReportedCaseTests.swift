import Foundation
import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Models from public bug reports of other runtimes (`Tests/Recorded/reported`), in every configuration.
@Suite struct ReportedCaseTests {
  /// One of them.
  struct ReportedCase: Sendable, CustomTestStringConvertible {
    /// The name of its folder.
    var name: String
    /// The largest error relative to the correct value.
    var relative = 2e-5
    /// The largest error in addition to that; `nil` for the default of the type and the largest
    /// value.
    var absolute: Double?
    /// The batch normalizations that `infold fold` leaves; `nil` if there is nothing to fold.
    var normalizationsLeft: Int?

    var testDescription: String { name }
    var folder: String { repositoryFile("Tests/Recorded/reported/\(name)") }
    var model: String { folder + "/model.onnx" }
  }

  private static let cases: [ReportedCase] = [
    ReportedCase(name: "convolution-one-1e37", relative: 1e-4, absolute: 2e-4),
    ReportedCase(name: "convolution-one-1e6", relative: 1e-4, absolute: 2e-4),
    ReportedCase(name: "convolution-one-nan", relative: 1e-4, absolute: 2e-4),
    ReportedCase(name: "declared-boxes-as-batch"),
    ReportedCase(name: "declared-inner-batch"),
    ReportedCase(name: "declared-output-batch"),
    ReportedCase(name: "declared-rows-of-640"),
    ReportedCase(name: "fold-cast-weight", normalizationsLeft: 0),
    ReportedCase(name: "fold-in-function", normalizationsLeft: 0),
    ReportedCase(name: "fold-in-loop", relative: 1e-4, absolute: 1e-4, normalizationsLeft: 0),
    ReportedCase(name: "fold-transposed-weight", normalizationsLeft: 0),
    ReportedCase(name: "instance-normalization-large-mean", relative: 1e-3, absolute: 0.03),
    ReportedCase(name: "layer-normalization-overflow", relative: 1e-3, absolute: 1e-3),
    ReportedCase(name: "normalization-epsilon-zero", relative: 1e-3, absolute: 0.2, normalizationsLeft: 1),
    ReportedCase(name: "normalization-float16-dead-channel", normalizationsLeft: 1),
    ReportedCase(name: "normalization-float16-large-mean", absolute: 0.02, normalizationsLeft: 1),
    ReportedCase(name: "normalization-float16-overflow", relative: 0.01, normalizationsLeft: 1),
    ReportedCase(name: "resize-fractional-scales"),
    ReportedCase(name: "transposed-1x9-kernel-3-stride-3"),
    ReportedCase(name: "transposed-7-kernel-2-stride-2"),
    ReportedCase(name: "transposed-7-kernel-3-stride-3"),
    ReportedCase(name: "transposed-infinity"),
    ReportedCase(name: "transposed-same-padding"),
  ]

  private static let ways: [[String]] = [
    [], ["--no-optimize"], ["--no-fold"], ["--precision", "exact"], ["--threads", "1"], ["--double"],
  ]

  @Test func areAllListed() throws {
    let folders = try Folder.entries(repositoryFile("Tests/Recorded/reported")).filter(\.isFolder).map(\.name)
    #expect(folders.sorted() == Self.cases.map(\.name))
  }

  @Test(arguments: cases) func isRightInEveryWay(_ reported: ReportedCase) throws {
    for way in Self.ways { try expectTheRightOutputs(of: reported.model, reported, way) }
  }

  @Test(arguments: cases.filter { $0.normalizationsLeft != nil }) func staysRightWhenItIsFolded(
    _ reported: ReportedCase
  ) throws {
    let folder = try TemporaryFolder(), folded = folder.path("folded.onnx")
    let result = try infold("fold", reported.model, "-o", folded)
    try #require(result.status == 0, "\(result.error)")
    let model = try Model(path: folded, operators: .standard)
    #expect(Self.normalizations(in: model.graph) == reported.normalizationsLeft)
    for way in Self.ways { try expectTheRightOutputs(of: folded, reported, way) }
  }

  /// What `validate` accepts runs as validated: the outputs that it has checked are those of `run`.
  @Test(arguments: cases.filter { $0.normalizationsLeft != nil }) func validatesOnItsInput(
    _ reported: ReportedCase
  ) throws {
    let folder = try TemporaryFolder()
    let input = try RegularFile.contents(ofFile: reported.folder + "/input_x.npy", limit: 1 << 20)
    _ = try folder.write("x.npy", input)
    let result = try infold("validate", reported.model, "--inputs", folder.path)
    #expect(result.status == 0, "\(result.output)\(result.error)")
  }

  /// The number of batch normalizations of a graph, including those of bodies and functions.
  private static func normalizations(in graph: Graph) -> Int {
    graph.nodes.reduce(0) { count, node in
      var bodies = [node.body].compactMap { $0 }
      for case .graph(let body) in node.attributes.entries.map(\.value) { bodies.append(body) }
      let inner = bodies.reduce(0) { $0 + normalizations(in: $1) }
      return count + inner + (node.opType == "BatchNormalization" ? 1 : 0)
    }
  }

  private func expectTheRightOutputs(of model: String, _ reported: ReportedCase, _ way: [String]) throws {
    let folder = try TemporaryFolder()
    let input = "x=\(reported.folder)/input_x.npy"
    let result = try infold(["run", model, "--input", input, "--output", folder.path] + way)
    guard result.status == 0 else {
      Issue.record("\(way): \(result.error)")
      return
    }
    for file in try Folder.entries(reported.folder).map(\.name) where file.hasPrefix("expected_") {
      let name = String(file.dropFirst("expected_".count))
      let computed = try NumPyFile.read(folder.path(name)), right = try NumPyFile.read("\(reported.folder)/\(file)")
      try expect(computed, right, reported, "\(name) \(way)")
    }
  }

  private func expect(_ computed: Tensor, _ right: Tensor, _ reported: ReportedCase, _ comment: String) throws {
    guard computed.shape == right.shape else {
      Issue.record("\(comment): the shape is \(computed.shape), and \(right.shape) is right")
      return
    }
    let numbers = try right.numbers()
    // For float16, one rounding of the inputs and one of the outputs.
    let isHalf = right.elementType == .float16
    let largest = numbers.reduce(0) { $1.isFinite ? max($0, $1.magnitude) : $0 }
    let absolute = reported.absolute ?? (isHalf ? 2e-3 : 2e-6) * largest
    let relative = isHalf ? max(reported.relative, 2e-3) : reported.relative
    for (index, (number, right)) in zip(try computed.numbers(), numbers).enumerated() {
      let agrees =
        right.isFinite
        ? (number - right).magnitude <= absolute + relative * right.magnitude
        : right.isNaN ? number.isNaN : number == right
      guard agrees else {
        Issue.record("\(comment): element \(index) is \(number), and \(right) is right")
        return
      }
    }
  }
}

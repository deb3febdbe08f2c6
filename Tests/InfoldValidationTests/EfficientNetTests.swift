import Foundation
import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldPasses
import InfoldSystem
import InfoldTensor
import InfoldValidation
import TestSupport
import Testing

@Suite struct EfficientNetTests {
  private let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Models/efficientnet-lite0.onnx").standardizedFileURL.path

  /// Validates every constant and every fold site. Without optimization, a run takes minutes, and
  /// only the constants are checked.
  @Test func passes() throws {
    let proof = try FoldValidation(try Model(path: path, operators: .standard))
    let count = _isDebugAssertConfiguration() ? 0 : 1
    let report = try proof.run(count: count) { (_) throws(InfoldError) in
      var generator = SplitMix64(seed: 1)
      let image = try Tensor(naturalImage: [1, 3, 224, 224], of: .float32, using: &generator)
      return FoldValidation.Sample(name: "random", inputs: ["input": image])
    }
    #expect(report.passed, "\(report.reasons)")
    #expect(report.normalizations.folded == 49)
    #expect(report.sites.count { $0.state == .folded && $0.passed } == 49)
    #expect(report.constants.notCorrectlyRounded == 0)
    if count > 0 {
      #expect(report.sites.allSatisfy { $0.numbers!.folded.shareOfBound < 1 })
      #expect(report.outputs[0].ranks?.sameTop1 == 1)
      #expect(report.outputs[0].absoluteDifference < 5e-6)
    }
  }

  @Test func comesBackFromAFile() throws {
    let outcome = try FoldBatchNormalization().fold(try Model(path: path, operators: .standard))
    let (folded, report, raised) = (outcome.model, outcome.report, outcome.raisedIRVersion)
    #expect(report.foldedNormalizations == 49)
    #expect(!raised)
    let bytes = try folded.serialized()
    let again = try Model(bytes: bytes, operators: .standard)
    #expect(again.graph.nodes.map(\.name) == folded.graph.nodes.map(\.name))
    #expect(again.graph.nodes.allSatisfy { $0.opType != "BatchNormalization" })
    for site in report.sites {
      let node = try #require(again.graph.nodes.first { again.graph.label(of: $0) == site.node })
      #expect(again.graph.constant(node.inputs[1]!) == folded.graph.constant(site.weight))
    }
    let twice = try FoldBatchNormalization().fold(again).model
    #expect(try twice.serialized() == bytes)
  }
}

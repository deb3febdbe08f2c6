import Foundation
import Infold
import InfoldQuantization
import TestSupport
import Testing

/// The example of docs/Quantization.md compiles and runs.
@Suite struct DocumentationTests {
  // example
  func quantize(_ path: String, samples: [[String: Tensor]], to output: String) throws {
    let options = QuantizationOptions(rounding: .search(limit: 20))
    let quantizer = try StaticQuantizer(Model(path: path), options: options)
    let network = try samples.isEmpty ? quantizer.quantizeWithoutSamples() : quantizer.quantize(samples)
    for step in network.steps { print(step.method, step.decibels ?? 0, step.isKept) }
    try network.model.write(to: output)
  }
  // end

  @Test func theExampleIsThatOfTheDocumentation() throws {
    let source = try String(contentsOfFile: #filePath, encoding: .utf8)
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    let first = try #require(lines.firstIndex { $0.hasSuffix("// example") })
    let last = try #require(lines.firstIndex { $0.hasSuffix("// end") })
    let example = lines[(first + 1)..<last].map { $0.dropFirst(2) }.joined(separator: "\n")
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("docs/Quantization.md")
    #expect(try String(contentsOf: page, encoding: .utf8).contains(example))
  }

  @Test func theExampleRuns() throws {
    let folder = try TemporaryFolder()
    let digits = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Recorded/digits/digits.onnx").path
    try quantize(digits, samples: [], to: folder.path("quantized.onnx"))
    let session = try Session(path: folder.path("quantized.onnx"))
    #expect(session.outputs.map(\.name) == ["scores"])
  }
}

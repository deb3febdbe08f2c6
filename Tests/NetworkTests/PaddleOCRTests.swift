import InfoldGraph
import InfoldImage
import InfoldONNX
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import InfoldValidation
import TestSupport
import Testing

/// The three networks of PP-OCR v4, compared with the results of ONNX Runtime in `Tests/Recorded/ppocr`. One session of each runs all sizes
/// and batches in turn.
@Suite(.enabled(if: isOptimizedBuild, "whole networks take minutes without optimization"))
struct PaddleOCRTests {
  private static let classifier = repositoryFolder + "/Models/ppocr-cls.onnx"

  /// Six inputs of one size: a picture, the picture shifted to the right repeatedly, and noise.
  private func inputs(_ name: String, noises: Int) throws -> [Tensor] {
    let picture = try Picture(path: "\(repositoryFolder)/Tests/Recorded/ppocr/\(name).png")
    let moved = try (0..<(6 - noises)).map { try picture.normalized(movedBy: 97 * $0) }
    return try moved + (0..<noises).map { try Tensor.random(seed: $0, [1, 3, picture.height, picture.width]) }
  }

  private func expectAgreement(_ model: Model, on names: [String], noises: Int, isWhole: Bool = false) throws {
    let session = try Session(model)
    for batch in [1, 6] {
      for name in names {
        let expected = try Recording("ppocr/\(name)").rows
        let images = try inputs(name, noises: noises)
        let outputs = try session.run([session.inputs[0].name: .batch(Array(images.prefix(batch)))])
        let output = try #require(outputs[session.outputs[0].name])
        let rows = try output.images()
        try #require(rows.count == batch)
        for (row, expected) in zip(rows, expected) {
          let row = isWhole ? row : summary(row, rowLength: output.shape.last!)
          #expect(difference(row, from: expected) <= 2e-4)
        }
      }
    }
  }

  @Test func detectorAgrees() throws {
    try expectAgreement(Zoo.model("ppocr-det"), on: ["page-640x640", "page-736x1280"], noises: 0)
  }

  @Test func recognizerAgrees() throws {
    try expectAgreement(Zoo.model("ppocr-rec"), on: ["line-48x320", "line-48x800"], noises: 3)
  }

  @Test func classifierAgrees() throws {
    try expectAgreement(
      Model(path: Self.classifier, operators: .standard), on: ["line-48x192"], noises: 3, isWhole: true)
  }

  @Test func classifierFoldsWithinTheBounds() throws {
    let samples = try inputs("line-48x192", noises: 3).map { FoldValidation.Sample(name: "line", inputs: ["x": $0]) }
    let report = try FoldValidation(Model(path: Self.classifier, operators: .standard)).run(samples)
    #expect(report.passed, "\(report.reasons)")
    #expect(report.normalizations.folded == 35)
    #expect(report.sites.count { $0.state == .folded && $0.passed && $0.numbers != nil } == 53)
  }
}

extension Picture {
  /// (value − 127.5) ÷ 127.5 as [1, 3, height, width]. Columns that are shifted out on the right come in on the left.
  fileprivate func normalized(movedBy columns: Int) throws -> Tensor {
    var elements: [Float] = []
    elements.reserveCapacity(3 * width * height)
    let shift = columns % width
    for channel in 0..<3 {
      for row in 0..<height {
        for column in 0..<width {
          let source = row * width + (column - shift + width) % width
          elements.append((Float(pixels[source * 3 + channel]) - 127.5) / 127.5)
        }
      }
    }
    return try Tensor(shape: [1, 3, height, width], elements)
  }
}

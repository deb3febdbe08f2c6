import Foundation
import InfoldGraph
import InfoldImage
import InfoldONNX
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// Pictures with a wrong sidecar, for a small network whose statistics the command itself has
/// written.
@Suite struct PreparationTests {
  private static let side = 48

  private let folder: TemporaryFolder
  private let model: String
  private let pictures: String

  init() throws {
    folder = try TemporaryFolder()
    model = folder.path("m.onnx")
    pictures = folder.path("others")
    var network = NetworkBuilder(seed: 1)
    var x = network.input(["N", 3, "H", "W"])
    for (index, (from, to)) in [(3, 12), (12, 16)].enumerated() {
      x = try network.node(
        "Conv", [x, network.weights([to, from, 3, 3], in: -0.4...0.4)],
        ["strides": .ints(index == 0 ? [2, 2] : [1, 1]), "pads": .ints([1, 1, 1, 1])])
      x = try network.node("Relu", [network.normalization(x, channels: to)])
    }
    x = try network.node("GlobalAveragePool", [x])
    let start = folder.path("start.onnx")
    try Model(graph: try network.finished(x), opsetImports: [Model.OpsetImport(version: 13)]).write(to: start)
    try writePictures("training", 12, seed: 1)
    try writePictures("others", 6, seed: 2)
    try writeSidecar("start.json", "\"normalization\": \"tensorflow\"")
    let made = try infold("statistics", start, "--images", folder.path("training"), "--sequential", "-o", model)
    #expect(made.status == 0, "\(made.error)")
  }

  private func writePictures(_ name: String, _ count: Int, seed: UInt64) throws {
    try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: false)
    let pictures = try SyntheticPictures(count, side: Self.side, seed: seed)
    for (index, pixels) in pictures.pictures.enumerated() {
      _ = try folder.write(
        "\(name)/\(index).png", try Picture(width: Self.side, height: Self.side, pixels: pixels).pngBytes())
    }
  }

  private func writeSidecar(_ name: String, _ settings: String, size: Int = PreparationTests.side) throws {
    _ = try folder.write(name, Array("{\"input\": \"x\", \"size\": [\(size), \(size)], \(settings)}".utf8))
  }

  private func inputs(_ arguments: [String] = []) throws -> [String: Any] {
    let report: [String: Any] = try infold(["statistics", model, "--images", pictures, "--json"] + arguments).json()
    let diagnosis = try #require(report["diagnosis"] as? [String: Any])
    return try #require(diagnosis["inputs"] as? [String: Any])
  }

  @Test func blamesNoRightSidecar() throws {
    #expect(try inputs()["finding"] == nil)
    let text = try infold("statistics", model, "--images", pictures)
    #expect(text.output.contains("fits the running statistics"))
  }

  @Test func namesEachMistake() throws {
    for (settings, size, change, remedy) in [
      (
        "\"normalization\": \"tensorflow\", \"colorOrder\": \"BGR\"", 48, "red and blue are swapped",
        "\"colorOrder\": \"RGB\""
      ),
      (
        "\"mean\": [0, 0, 0], \"standardDeviation\": [127.5, 127.5, 127.5]", 48, "the mean is not subtracted",
        "tensorflow"
      ),
      ("\"normalization\": \"0-1\"", 48, "−1 to 1 fits, 0 to 1 does not", "\"normalization\": \"tensorflow\""),
      ("\"normalization\": \"tensorflow\"", 24, "half as large as they should be", "\"size\": [48, 48]"),
    ] {
      try writeSidecar("m.json", settings, size: size)
      let finding = try #require(try inputs()["finding"] as? [String: Any], "\(settings)")
      let changes = try #require(finding["mistakes"] as? [String])
      #expect(changes.count == 1 && changes[0].contains(change), "\(changes)")
      #expect((finding["remedy"] as? String)?.contains(remedy) == true, "\(finding)")
    }
    // The page names the mistake, and links to a page of the same model in its folder.
    let page = folder.path("statistics.html")
    let result = try infold("statistics", model, "--images", pictures, "--html", page)
    #expect(result.status == 0 && result.output.contains("page written to \(page)"))
    #expect(
      try infold("profile", model, "--shape", "x=1x3x48x48", "--runs", "1", "--html", folder.path("p.html")).status == 0
    )
    let html = try String(contentsOfFile: page, encoding: .utf8)
    #expect(html.contains("wrong preprocessing</span>") && html.contains("<a href=\"./p.html\">Profile</a>"))
  }

  @Test func namesAnotherLayoutOfTensors() throws {
    let pictures = try SyntheticPictures(6, side: Self.side, seed: 2)
    try FileManager.default.createDirectory(atPath: folder.path("tensors"), withIntermediateDirectories: false)
    for index in 0..<6 {
      let last = pictures.pictures[index].map { (Float($0) - 127.5) / 127.5 }
      _ = try folder.write(
        "tensors/\(index).npy", NumPyFile.encode(try Tensor(shape: [1, 3, Self.side, Self.side], last)))
    }
    let result = try infold("statistics", model, "--inputs", folder.path("tensors"))
    #expect(result.output.contains("in NHWC order, but the shape is NCHW"), "\(result.output)")
  }

  @Test func refusesModelsWithoutNormalizations() throws {
    let folded = folder.path("folded.onnx")
    #expect(try infold("fold", model, "-o", folded).status == 0)
    let result = try infold("statistics", folded, "--images", pictures, "--html", folder.path("none.html"))
    #expect(result.status == 2 && result.error.contains("the model has no batch normalization"))
    #expect(try infold("statistics", model, "--images", pictures, "--html", "-").status == 2)
  }
}

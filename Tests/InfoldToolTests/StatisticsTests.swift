import Foundation
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct StatisticsTests {
  private let folder: TemporaryFolder
  /// y = BatchNormalization(x) for x [N, 1], with a mean of 1 and a variance of 4.
  private let model: String
  /// The samples 0, 1, 2, 3.
  private let samples: String

  init() throws {
    folder = try TemporaryFolder()
    model = try folder.write(
      "m.onnx", Self.normalization([Onnx.dim("N"), Onnx.dim(1)], mean: [Onnx.initializer("m", [1], [Onnx.raw([1])])]))
    samples = folder.path("samples")
    try FileManager.default.createDirectory(atPath: samples, withIntermediateDirectories: false)
    for n in 0..<4 {
      _ = try folder.write("samples/\(n).npy", NumPyFile.encode(Tensor(shape: [1, 1], [Float(n)])))
    }
  }

  private static func normalization(_ shape: [Wire], mean: [Wire], channels: Int = 1) -> [UInt8] {
    let one = Onnx.raw(Array(repeating: 1, count: channels)), four = Onnx.raw(Array(repeating: 4, count: channels))
    return Onnx.model(
      graph: [
        Onnx.input("x", shape), Onnx.output("y"),
        Onnx.node("BatchNormalization", name: "bn", ["x", "s", "b", "m", "v"], ["y"]),
        Onnx.initializer("s", [channels], [one]), Onnx.initializer("b", [channels], [one]),
        Onnx.initializer("v", [channels], [four]),
      ] + mean)
  }

  private func report(_ arguments: String...) throws -> [String: Any] {
    let result = try infold(["statistics"] + arguments + ["--json"])
    #expect(result.error == "")
    return try result.json()
  }

  private func layer(_ report: [String: Any]) throws -> [String: Any] {
    try #require((report["layers"] as? [[String: Any]])?.first)
  }

  @Test(arguments: [
    ([], "population", 1.25), (["--unbiased"], "unbiased", 5.0 / 3),
    (["--estimator", "unbiased"], "unbiased", 5.0 / 3),
    (["--estimator", "paper", "--sequential"], "paper", 0.5),
  ])
  func reportsKnownStatistics(options: [String], estimator: String, variance: Double) throws {
    let result = try infold(["statistics", model, "--inputs", samples, "--batch-size", "2", "--json"] + options)
    let report: [String: Any] = try result.json()
    #expect(report["samples"] as? Int == 4 && report["batches"] as? Int == 2 && report["batchSize"] as? Int == 2)
    #expect(report["estimator"] as? String == estimator)
    #expect(report["sequential"] as? Bool == options.contains("--sequential"))
    let layer = try layer(report)
    #expect(layer["name"] as? String == "bn" && layer["per"] as? String == "featureMap")
    #expect(layer["mean"] as? [Double] == [1.5] && layer["storedMean"] as? [Double] == [1])
    #expect(layer["storedVariance"] as? [Double] == [4])
    let found = try #require((layer["variance"] as? [Double])?.first)
    #expect(abs(found - variance) < 1e-12)
    #expect(layer["values"] as? Int == 4 && layer["valuesPerBatch"] as? Int == 2)
  }

  @Test func tellsPeople() throws {
    let result = try infold("statistics", model, "--inputs", samples, "--batch-size", "3")
    #expect(result.error == "")
    #expect(result.output.hasPrefix("4 samples in 2 mini-batches of m = 3, the last of 1, in one sweep\n"))
    #expect(result.output.contains("  bn             1 × feature map      —      3  data    1.5      1.25   0.25\n"))
    #expect(result.output.contains("model     1         4\n"))
  }

  @Test func writesTheModel() throws {
    let output = folder.path("new.onnx")
    let written = try report(model, "--inputs", samples, "-o", output)
    #expect(written["written"] as? String == output)
    let again = try layer(report(output, "--inputs", samples))
    #expect(again["storedMean"] as? [Double] == [1.5] && again["storedVariance"] as? [Double] == [1.25])
  }

  /// m·p·q values share a mean per feature map, and m per activation. A model with a fixed batch
  /// size of 1 runs m times.
  @Test func takesPictures() throws {
    let path = try folder.write(
      "p.onnx",
      Self.normalization(
        [Onnx.dim(1), Onnx.dim(3), Onnx.dim(2), Onnx.dim(4)],
        mean: [Onnx.initializer("m", [3], [Onnx.raw([0, 0, 0])])], channels: 3))
    let sidecar: [String: Any] = [
      "input": "x", "output": "y", "size": [2, 4], "cropFraction": 1, "filter": "bicubic", "mean": [0, 0, 0],
      "standardDeviation": [255, 255, 255], "colorOrder": "RGB", "layout": "NCHW", "labels": "labels.txt",
      "scores": "logits",
    ]
    let images = repositoryFile("Models/images")
    try expectRefusal(["statistics", path, "--images", images], "p.json")
    _ = try folder.write("p.json", [UInt8](JSONSerialization.data(withJSONObject: sidecar)))
    let count = try FileManager.default.contentsOfDirectory(atPath: images)
      .filter { $0.hasSuffix(".png") || $0.hasSuffix(".jpg") }.count
    let perMap = try report(path, "--images", images, "--batch-size", "2")
    #expect(perMap["samples"] as? Int == count && count >= 2)
    let map = try layer(perMap)
    #expect(map["positions"] as? [Int] == [2, 4] && map["valuesPerBatch"] as? Int == 16)
    #expect(map["values"] as? Int == count * 8 && map["shape"] as? [Int] == [3])
    let mean = try #require(map["mean"] as? [Double])
    #expect(mean.allSatisfy { $0 > 0 && $0 < 1 })

    let output = folder.path("activations.onnx")
    let activation = try layer(report(path, "--images", images, "--per-activation", "-o", output))
    #expect(activation["shape"] as? [Int] == [3, 2, 4] && activation["values"] as? Int == count)
    let means = try #require(activation["mean"] as? [Double])
    #expect(abs(means[0..<8].reduce(0, +) / 8 - mean[0]) < 1e-9)
    _ = try folder.write("activations.json", [UInt8](JSONSerialization.data(withJSONObject: sidecar)))
    let again = try layer(report(output, "--images", images))
    #expect(again["shape"] as? [Int] == [24])
  }

  /// Each sample is a folder with a file for each input.
  @Test func takesSeveralInputs() throws {
    let shape = [Onnx.dim("N"), Onnx.dim(1)]
    let one = Onnx.raw([1])
    let path = try folder.write(
      "sum.onnx",
      Onnx.model(
        graph: [
          Onnx.input("a/b", shape), Onnx.input("c", shape), Onnx.output("y"), Onnx.node("Add", ["a/b", "c"], ["x"]),
          Onnx.node("BatchNormalization", ["x", "p", "p", "p", "p"], ["y"]), Onnx.initializer("p", [1], [one]),
        ]))
    let samples = folder.path("pairs")
    for n in 0..<3 {
      try FileManager.default.createDirectory(atPath: "\(samples)/\(n)", withIntermediateDirectories: true)
      _ = try folder.write("pairs/\(n)/a_b.npy", NumPyFile.encode(Tensor(shape: [1, 1], [Float(n)])))
      let c = n == 2 ? "c.pb" : "input_1.pb"
      _ = try folder.write("pairs/\(n)/\(c)", Onnx.tensor([1, 1], [Onnx.raw([Float(10 * n)])]).bytes)
    }
    #expect(try layer(report(path, "--inputs", samples))["mean"] as? [Double] == [11])
    try FileManager.default.removeItem(atPath: "\(samples)/1/a_b.npy")
    try expectRefusal(["statistics", path, "--inputs", samples], "pairs/1", "\"a/b\"", "a_b.npy")
  }

  @Test func refuses() throws {
    let empty = folder.path("empty")
    try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: false)
    try expectRefusal(["statistics", model, "--inputs", empty], "empty", "no tensor")
    try expectRefusal(["statistics", model, "--inputs", folder.path("missing")], "missing", "cannot be opened")
    try expectRefusal(["statistics", model, "--inputs", samples, "--batch-size", "3", "--estimator", "paper"], "bn")
    let relu = try folder.write("relu.onnx", Onnx.relu())
    try expectRefusal(["statistics", relu, "--inputs", samples], "relu.onnx", "no batch normalization")

    // The mean is an input. It can be compared with the data, but not replaced. Nothing is read or
    // written then.
    let open = try folder.write(
      "open.onnx", Self.normalization([Onnx.dim("N"), Onnx.dim(1)], mean: [Onnx.input("m", [Onnx.dim(1)])]))
    let output = folder.path("never.onnx")
    try expectRefusal(
      ["statistics", open, "--inputs", folder.path("missing"), "-o", output], "open.onnx", "\"bn\"",
      "its mean is an input")
    #expect(!FileManager.default.fileExists(atPath: output))

    _ = try folder.write("samples/4.npy", NumPyFile.encode(Tensor(shape: [1, 1], [Float.nan])))
    try expectRefusal(["statistics", model, "--inputs", samples], "bn", "NaN")
    _ = try folder.write("samples/4.npy", [1, 2, 3])
    try expectRefusal(["statistics", model, "--inputs", samples], "4.npy")
  }
}

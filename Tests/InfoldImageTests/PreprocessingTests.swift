import Foundation
import InfoldGraph
import InfoldImage
import Testing

@Suite struct PreprocessingTests {
  static let valid: [String: any Sendable] = [
    "input": "input", "output": "probs", "size": [2, 3], "cropFraction": 0.875, "filter": "bicubic",
    "mean": [127.0, 100, 50], "standardDeviation": [128.0, 2, 4], "colorOrder": "RGB", "layout": "NCHW",
    "labels": "labels.txt", "scores": "probabilities",
  ]

  static func decode(changing changes: [String: (any Sendable)?] = [:]) throws -> Preprocessing {
    var fields = valid
    for (key, value) in changes { fields[key] = value }
    return try JSONDecoder().decode(Preprocessing.self, from: JSONSerialization.data(withJSONObject: fields))
  }

  @Test func readsEveryField() throws {
    let preprocessing = try Self.decode()
    #expect(preprocessing.input == "input")
    #expect(preprocessing.output == "probs")
    #expect(preprocessing.height == 2)
    #expect(preprocessing.width == 3)
    #expect(preprocessing.cropFraction == 0.875)
    #expect(preprocessing.filter == .bicubic)
    #expect(preprocessing.mean == [127, 100, 50])
    #expect(preprocessing.standardDeviation == [128, 2, 4])
    #expect(preprocessing.colorOrder == .rgb)
    #expect(preprocessing.layout == .nchw)
    #expect(preprocessing.labels == "labels.txt")
    #expect(preprocessing.scores == .probabilities)
  }

  @Test(arguments: [["colorOrder": "BGR"], ["layout": "NHWC"], ["scores": "logits"], ["filter": "lanczos"]])
  func survivesARoundTrip(changes: [String: String]) throws {
    let preprocessing = try Self.decode(changing: changes.mapValues { $0 })
    #expect(preprocessing != (try Self.decode()))
    let encoded = try JSONEncoder().encode(preprocessing)
    #expect(try JSONDecoder().decode(Preprocessing.self, from: encoded) == preprocessing)
  }

  @Test(arguments: valid.keys.sorted())
  func requiresEveryField(key: String) {
    expectError(.malformedData, "\"\(key)\" is missing") { _ = try Self.decode(changing: [key: nil]) }
  }

  @Test(arguments: valid.keys.sorted())
  func refusesAnotherType(key: String) {
    expectError(.malformedData, "\"\(key)\" must be") { _ = try Self.decode(changing: [key: ["a": true]]) }
    expectError(.malformedData, "\"\(key)\" must be") { _ = try Self.decode(changing: [key: NSNull()]) }
  }

  @Test func namesUnknownKeys() {
    expectError(.malformedData, "unknown key \"crop\", \"std\\u{a}\"") {
      _ = try Self.decode(changing: ["std\n": 1, "crop": 2])
    }
  }

  @Test(arguments: ["[]", "1", "null", "\"text\""])
  func refusesWhatIsNoObject(text: String) {
    expectError(.malformedData, "a JSON object was expected") {
      _ = try JSONDecoder().decode(Preprocessing.self, from: Data(text.utf8))
    }
  }

  static let outOfRange: [(key: String, value: any Sendable)] = [
    ("input", ""), ("output", ""),
    ("size", [0, 2]), ("size", [2, -1]), ("size", [4097, 2]), ("size", [2, 1 << 40]),
    ("cropFraction", 0), ("cropFraction", -1), ("cropFraction", 1.01),
    ("mean", [1.0]), ("mean", [1.0, 2, 3, 4]),
    ("standardDeviation", [1.0, 1]), ("standardDeviation", [1.0, 0, 1]), ("standardDeviation", [1.0, -1, 1]),
    ("standardDeviation", [1.0, 1, 1e-38]),
    ("labels", ""), ("labels", "."), ("labels", ".."), ("labels", "../labels.txt"), ("labels", "/etc/passwd"),
    ("labels", "a\0b"),
  ]

  @Test(arguments: outOfRange.indices)
  func refusesAValueOutOfItsRange(index: Int) {
    let (key, value) = Self.outOfRange[index]
    expectError(.invalidArgument, "\"\(key)\" must be") { _ = try Self.decode(changing: [key: value]) }
  }

  static let otherKinds: [(key: String, value: any Sendable)] = [
    ("size", [2]), ("size", [2, 2, 2]), ("size", [2.5, 2]), ("filter", "cubic"), ("colorOrder", "rgb"),
    ("layout", "CHW"), ("scores", "softmax"), ("mean", [1e300, 1, 1]),
  ]

  @Test(arguments: otherKinds.indices)
  func refusesAnUnknownChoice(index: Int) {
    let (key, value) = Self.otherKinds[index]
    expectError(.malformedData, "\"\(key)\" must be") { _ = try Self.decode(changing: [key: value]) }
  }

  /// 3×2 pixels, the size of the input, so that nothing but the layout is at work.
  static func picture() throws -> Picture {
    try Picture(width: 3, height: 2, pixels: (0..<18).map { UInt8($0 * 10) })
  }

  static func expected(_ index: Int, channel: Int, source: Int) -> Float {
    (Float((index * 3 + source) * 10) - [127, 100, 50][channel]) / [128, 2, 4][channel]
  }

  @Test func makesNCHW() throws {
    let tensor = try Self.decode(changing: ["cropFraction": 1]).tensor(from: Self.picture())
    #expect(tensor.shape == [1, 3, 2, 3])
    let expected = (0..<3).flatMap { c in (0..<6).map { Self.expected($0, channel: c, source: c) } }
    #expect(try tensor.elements(as: Float.self) == expected)
  }

  @Test func makesNHWCWithBlueFirst() throws {
    let changes: [String: any Sendable] = ["cropFraction": 1, "layout": "NHWC", "colorOrder": "BGR"]
    let tensor = try Self.decode(changing: changes.mapValues { $0 }).tensor(from: Self.picture())
    #expect(tensor.shape == [1, 2, 3, 3])
    let expected = (0..<6).flatMap { i in (0..<3).map { Self.expected(i, channel: $0, source: 2 - $0) } }
    #expect(try tensor.elements(as: Float.self) == expected)
  }

  @Test func cropsThenResizes() throws {
    let preprocessing = try Self.decode(changing: ["size": [5, 4], "cropFraction": 0.5])
    let picture = try PictureTests.ramp(40, 30)
    let resized = try picture.cropped(x: 14, y: 7, width: 12, height: 15).resized(width: 4, height: 5, filter: .bicubic)
    let red = stride(from: 0, to: resized.pixels.count, by: 3).map { (Float(resized.pixels[$0]) - 127) / 128 }
    #expect(try preprocessing.tensor(from: picture).elements(as: Float.self).prefix(20) == red[...])
  }
}

/// The pictures that `tools/record-expectations.py` made with Pillow, cropped and resized for EfficientNet-Lite0.
@Suite struct RecordedPreprocessingTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..").path

  @Test(arguments: ["cat.png", "cup.png"])
  func equalsTheRecordedPicture(name: String) throws {
    let sidecar = try Data(contentsOf: URL(fileURLWithPath: Self.root + "/Models/efficientnet-lite0.json"))
    let preprocessing = try JSONDecoder().decode(Preprocessing.self, from: sidecar)
    let tensor = try preprocessing.tensor(from: Picture(path: Self.root + "/Models/images/" + name))
    let recorded = try Picture(path: Self.root + "/Tests/Recorded/efficientnet-lite0/" + name)
    let pixelCount = recorded.width * recorded.height
    let expected = (0..<3).flatMap { channel in
      (0..<pixelCount).map { (Float(recorded.pixels[$0 * 3 + channel]) - 127) / 128 }
    }
    #expect(tensor.shape == [1, 3, 224, 224])
    #expect(try tensor.elements(as: Float.self) == expected)
  }
}

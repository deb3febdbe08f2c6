import Foundation
import InfoldImage
import InfoldTensor
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

  @Test(arguments: ["input", "size"])
  func requiresWhatHasNoDefault(key: String) {
    expectError(.malformedData, "\"\(key)\" is missing") { _ = try Self.decode(changing: [key: nil]) }
  }

  @Test func hasDefaults() throws {
    let text = #"{"input": "x", "size": [2, 3]}"#
    let preprocessing = try JSONDecoder().decode(Preprocessing.self, from: Data(text.utf8))
    #expect(preprocessing == (try Preprocessing(input: "x", height: 2, width: 3)))
    #expect(preprocessing.output == nil && preprocessing.labels == nil)
    #expect(preprocessing.cropFraction == 1 && preprocessing.filter == .bilinear)
    #expect(preprocessing.mean == [0, 0, 0] && preprocessing.standardDeviation == [1, 1, 1])
    #expect(preprocessing.colorOrder == .rgb && preprocessing.layout == .nchw && preprocessing.scores == .probabilities)
    let encoded = try JSONEncoder().encode(preprocessing)
    #expect(try JSONDecoder().decode(Preprocessing.self, from: encoded) == preprocessing)
  }

  @Test(arguments: Preprocessing.Normalization.allCases, ["RGB", "BGR"])
  func knowsNormalizations(normalization: Preprocessing.Normalization, order: String) throws {
    let changes: [String: (any Sendable)?] = [
      "normalization": normalization.rawValue, "colorOrder": order, "mean": nil, "standardDeviation": nil,
    ]
    let preprocessing = try Self.decode(changing: changes)
    // Mean and standard deviation are reordered together with the color channels.
    let isTurned = order == "BGR"
    #expect(preprocessing.mean == (isTurned ? normalization.mean.reversed() : normalization.mean))
    let deviation = normalization.standardDeviation
    #expect(preprocessing.standardDeviation == (isTurned ? deviation.reversed() : deviation))
  }

  @Test func scalesAsTheNamesSay() throws {
    func range(_ name: String) throws -> [Float] {
      let scaled = try Self.decode(changing: ["normalization": name, "mean": nil, "standardDeviation": nil])
      return [0, 255].map { (Float($0) - scaled.mean[0]) / scaled.standardDeviation[0] }
    }
    #expect(try range("0-1") == [0, 1])
    #expect(try range("tensorflow") == [-1, 1])
    #expect(try range("none") == [0, 255])
    let imagenet = try range("imagenet")
    #expect(abs(imagenet[0] - -0.485 / 0.229) < 1e-5 && abs(imagenet[1] - (1 - 0.485) / 0.229) < 1e-5)
  }

  @Test func noticesNumbersOfSamplesBetweenZeroAndOne() throws {
    let imagenet: [String: (any Sendable)?] = [
      "mean": [0.485, 0.456, 0.406], "standardDeviation": [0.229, 0.224, 0.225],
    ]
    expectError(.invalidArgument, "are for samples between 0 and 1", "multiply both by 255") {
      _ = try Self.decode(changing: imagenet)
    }
    for (mean, deviation) in [(0.5, 0.5), (0.5, 1), (0, 0.00392)] {
      let changes: [String: (any Sendable)?] = [
        "mean": [mean, mean, mean], "standardDeviation": [deviation, deviation, deviation],
      ]
      expectError(.invalidArgument, "between 0 and 1") { _ = try Self.decode(changing: changes) }
    }
    #expect(throws: Never.self) { try Self.decode(changing: ["mean": [0, 0, 0], "standardDeviation": [1, 1, 1]]) }
    #expect(throws: Never.self) {
      try Self.decode(changing: ["mean": [0.5, 0.5, 0.5], "standardDeviation": [255, 1, 1]])
    }
  }

  @Test func tellsOfEverythingAtOnce() {
    let changes: [String: (any Sendable)?] = [
      "input": nil, "size": [0, 2], "filter": "magic", "mean": nil, "labels": "..", "crop": 1, "layout": 7,
    ]
    expectError(
      .malformedData, "7 problems: unknown key \"crop\"", "\"input\" is missing", "\"size\" must be a height",
      "\"filter\" must be one of nearest", "\"mean\" is missing, but", "\"labels\" must be",
      "\"layout\" must be one of NCHW, NHWC; \"input\"", "the keys are input, output"
    ) { _ = try Self.decode(changing: changes) }
    expectError(.malformedData, "\"normalization\" replaces") {
      _ = try Self.decode(changing: ["normalization": "none"])
    }
  }

  @Test(arguments: valid.keys.sorted() + ["normalization"])
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
    expectError(.malformedData, "is not a JSON object") {
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

  /// 3×2 pixels, the size of the input, so that only the layout matters.
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

  @Test(arguments: ["NCHW", "NHWC"]) func makesABatch(layout: String) throws {
    let preprocessing = try Self.decode(changing: ["layout": layout, "colorOrder": "BGR"])
    let pictures = try [Self.picture(), PictureTests.ramp(40, 30), PictureTests.ramp(1, 200)]
    let batch = try preprocessing.tensor(from: pictures)
    #expect(batch.shape == (layout == "NCHW" ? [3, 3, 2, 3] : [3, 2, 3, 3]))
    #expect(batch == (try Tensor(concatenating: pictures.map { try preprocessing.tensor(from: $0) })))
    expectError(.invalidArgument, "there are no pictures") { _ = try preprocessing.tensor(from: []) }
  }

  /// Blue comes first. Each channel's mean is subtracted, and nothing is divided.
  @Test func subtractsCaffesMean() throws {
    let changes: [String: (any Sendable)?] = [
      "normalization": "caffe", "colorOrder": nil, "mean": nil, "standardDeviation": nil, "cropFraction": 1,
    ]
    let caffe = try Self.decode(changing: changes)
    let picture = try Picture(width: 3, height: 2, pixels: (0..<6).flatMap { _ in [10, 20, 30] as [UInt8] })
    let values = try caffe.tensor(from: picture).elements(as: Float.self)
    #expect(values[..<6].allSatisfy { $0 == 30 - 103.939 })
    #expect(values[6..<12].allSatisfy { $0 == 20 - 116.779 } && values[12...].allSatisfy { $0 == 10 - 123.68 })
  }

  @Test func cropsThenResizes() throws {
    let preprocessing = try Self.decode(changing: ["size": [5, 4], "cropFraction": 0.5])
    let picture = try PictureTests.ramp(40, 30)
    let resized = try picture.cropped(x: 14, y: 7, width: 12, height: 15).resized(width: 4, height: 5, filter: .bicubic)
    let red = stride(from: 0, to: resized.pixels.count, by: 3).map { (Float(resized.pixels[$0]) - 127) / 128 }
    #expect(try preprocessing.tensor(from: picture).elements(as: Float.self).prefix(20) == red[...])
  }
}

/// Pictures that `tools/record-expectations.py` cropped and resized for EfficientNet-Lite0 with Pillow.
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

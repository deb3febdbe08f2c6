public import Infold
public import InfoldImage

/// Reads text in pictures with three networks: one detects lines, one determines which are upside
/// down, and one recognizes their text.
public struct TextReader: Sendable {
  /// A line of text.
  public struct Line: Sendable {
    /// The text.
    public let text: String
    /// The confidence of the recognizer, from 0 to 1.
    public let confidence: Float
    /// The position of the line.
    public let box: Quadrilateral
  }

  private static let leastConfidence: Float = 0.5

  private let detector: TextDetector
  private let classifier: DirectionClassifier
  private let recognizer: LineRecognizer

  /// Loads `ppocr-det.onnx`, `ppocr-cls.onnx` and `ppocr-rec.onnx`.
  /// - Throws: `InfoldError` with the path of the file.
  public init(models folder: String) throws(InfoldError) {
    detector = try TextDetector(model: folder + "/ppocr-det.onnx")
    classifier = try DirectionClassifier(model: folder + "/ppocr-cls.onnx")
    recognizer = try LineRecognizer(model: folder + "/ppocr-rec.onnx")
  }

  /// Reads the lines of a page, in reading order.
  public func read(_ page: Picture) throws(InfoldError) -> [Line] {
    var boxes = try detector.boxes(in: page).inReadingOrder()
    // Lines much taller than wide run upwards.
    for (index, box) in boxes.enumerated() where box.height >= 1.5 * box.width { boxes[index] = box.turned(1) }
    guard !boxes.isEmpty else { return [] }

    var lines: [Picture] = []
    for box in boxes { lines.append(try page.line(in: box)) }
    for (index, isUpsideDown) in try classifier.areUpsideDown(lines).enumerated() where isUpsideDown {
      boxes[index] = boxes[index].turned(2)
      lines[index] = try page.line(in: boxes[index])
    }
    return zip(boxes, try recognizer.read(lines)).compactMap { box, reading in
      guard reading.confidence >= Self.leastConfidence else { return nil }
      return Line(text: reading.text, confidence: reading.confidence, box: box)
    }
  }
}

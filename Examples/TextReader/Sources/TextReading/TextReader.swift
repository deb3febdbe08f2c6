public import Infold
public import InfoldImage

/// Reads text in pictures with three networks: one finds lines, one says which are upside down, one reads them.
public struct TextReader: Sendable {
  /// A line of text.
  public struct Line: Sendable {
    /// What it says.
    public let text: String
    /// How sure the recognizer is, from 0 to 1.
    public let confidence: Float
    /// Where it stands.
    public let box: Quadrilateral
  }

  private static let leastConfidence: Float = 0.5

  private let detector: TextDetector
  private let classifier: DirectionClassifier
  private let recognizer: LineRecognizer

  /// Loads `ppocr-det.onnx`, `ppocr-cls.onnx` and `ppocr-rec.onnx`.
  /// - Throws: `InfoldError` that names the file.
  public init(models folder: String) throws(InfoldError) {
    detector = try TextDetector(model: folder + "/ppocr-det.onnx")
    classifier = try DirectionClassifier(model: folder + "/ppocr-cls.onnx")
    recognizer = try LineRecognizer(model: folder + "/ppocr-rec.onnx")
  }

  /// The lines of a page, in reading order.
  public func read(_ page: Picture) throws(InfoldError) -> [Line] {
    var boxes = try detector.boxes(in: page).inReadingOrder()
    // What is much taller than wide is text that runs upwards.
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

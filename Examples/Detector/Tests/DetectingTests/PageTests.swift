import Detecting
import FoundationEssentials
import InfoldImage
import Testing

/// Compares the detections on the example's page with those of ONNX Runtime and NumPy.
@Suite struct PageTests {
  private let example = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
  private var model: String { example + "/../../.build/zoo/layout.onnx" }

  @Test func findsWhatWasRecorded() throws {
    let lines = try String(contentsOfFile: example + "/Page/boxes.txt", encoding: .utf8).split(separator: "\n")
    let detector = try ObjectDetector(model: model)
    let detections = try detector.detect(in: Picture(path: example + "/Page/page.png"))
    #expect(detections.count == lines.count)
    for (detection, line) in zip(detections, lines) {
      let words = line.split(separator: " "), numbers = words.dropFirst().compactMap { Float($0) }
      try #require(numbers.count == 5)
      #expect(detector.categories[detection.category] == words[0])
      #expect(abs(detection.confidence - numbers[0]) < 1e-3)
      let expected = Box(left: numbers[1], top: numbers[2], right: numbers[3], bottom: numbers[4])
      #expect(detection.box.intersectionOverUnion(expected) > 0.99)
    }
  }

  /// A page much wider than the input has bars above and below. Boxes are converted back to the
  /// page.
  @Test func findsAColumnOfAWidePicture() throws {
    let page = try Picture(path: example + "/Page/page.png")
    let half = try page.cropped(x: 0, y: 0, width: page.width, height: page.height / 2)
    let detector = try ObjectDetector(model: model)
    let titles = try detector.detect(in: half).filter { detector.categories[$0.category] == "title" }
    let title = Box(left: 160, top: 96, right: 748, bottom: 125)
    #expect(titles.contains { $0.box.intersectionOverUnion(title) > 0.6 })
  }

  @Test func findsNothingOnABlankPage() throws {
    let page = try Picture(width: 40, height: 30, pixels: [UInt8](repeating: 255, count: 40 * 30 * 3))
    #expect(try ObjectDetector(model: model).detect(in: page).isEmpty)
  }
}

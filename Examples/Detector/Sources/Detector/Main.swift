import Detecting
import FoundationEssentials
import Glibc
import Infold
import InfoldImage

/// Prints the objects detected on a page, and draws their frames.
@main
enum Main {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard arguments.count == 3 else { fail("usage: Detector MODEL PICTURE OUT.png") }
    do {
      let picture = try Picture(path: arguments[1])
      let detector = try ObjectDetector(model: arguments[0])
      let detections = try detector.detect(in: picture)
      for detection in detections { print(line(detection, detector.categories[detection.category])) }
      try Data(picture.framing(detections).pngBytes()).write(to: URL(filePath: arguments[2]))
    } catch {
      fail("\(error)")
    }
  }

  private static func line(_ detection: Detection, _ name: String) -> String {
    let box = detection.box
    let percent = "\(Int((detection.confidence * 100).rounded())) %"
    let sides = [box.left, box.top, box.right, box.bottom].map { Int($0.rounded()) }
    return "\(name), \(percent): \(sides[2] - sides[0])×\(sides[3] - sides[1]) pixels at (\(sides[0]), \(sides[1]))"
  }

  private static func fail(_ message: String) -> Never {
    let line = "Detector: \(message)\n"
    write(STDERR_FILENO, line, line.utf8.count)
    exit(2)
  }
}

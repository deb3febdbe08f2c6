import FoundationEssentials
import Glibc
import InfoldImage
import TextReading

/// Prints the text on a page.
@main
enum Main {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      switch arguments.count {
      case 2: try read(arguments[1], models: arguments[0], boxes: nil)
      case 4 where arguments[2] == "--boxes": try read(arguments[1], models: arguments[0], boxes: arguments[3])
      default: fail("usage: TextReader MODELS PICTURE [--boxes FILE.svg]")
      }
    } catch {
      fail("\(error)")
    }
  }

  private static func read(_ path: String, models: String, boxes: String?) throws {
    let page = try Picture(path: path)
    let lines = try TextReader(models: models).read(page)
    for line in lines { print(line.text) }
    guard let boxes else { return }
    let drawing = overlay(lines, on: page, file: try Data(contentsOf: URL(filePath: path)))
    try Data(drawing.utf8).write(to: URL(filePath: boxes))
  }

  private static func fail(_ message: String) -> Never {
    let line = "TextReader: \(message)\n"
    write(STDERR_FILENO, line, line.utf8.count)
    exit(2)
  }
}

import InfoldImage
import Testing
import TextReading

/// Compares the text of the example's page with that of rapidocr-onnxruntime.
@Suite struct PageTests {
  private let example = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  @Test func readsThePageLikeRapidOCR() throws {
    let expected = try String(contentsOf: example + "/Page/page.txt").split(separator: "\n").map(String.init)
    let reader = try TextReader(models: example + "/../../.build/zoo")
    let lines = try reader.read(Picture(path: example + "/Page/page.png"))
    let read = lines.map(\.text)
    let length = expected.reduce(0) { $0 + $1.count }
    let distance = editDistance(read.joined(separator: "\n"), expected.joined(separator: "\n"))
    #expect(50 * distance <= length, "\(distance) of \(length) characters differ: \(read)")

    // The last line is upside down, so it begins at its right end.
    let last = try #require(lines.last?.box)
    #expect(last.corners[0].x > last.corners[1].x)
    #expect(lines.dropLast().allSatisfy { $0.box.corners[0].x < $0.box.corners[1].x })
  }

  @Test func findsNothingOnABlankPage() throws {
    let reader = try TextReader(models: example + "/../../.build/zoo")
    let page = try Picture(width: 64, height: 64, pixels: [UInt8](repeating: 255, count: 64 * 64 * 3))
    #expect(try reader.read(page).isEmpty)
  }
}

import Detecting
import InfoldImage
import Testing

@Suite struct LetterboxTests {
  private func picture(_ width: Int, _ height: Int) throws -> Picture {
    try Picture(width: width, height: height, pixels: [UInt8](repeating: 9, count: width * height * 3))
  }

  /// Sizes of pictures, and their positions in an input of 60 by 80 pixels.
  @Test(arguments: [
    ([60, 80], [0, 0]), ([30, 40], [0, 0]), ([120, 80], [0, 20]), ([1, 1], [0, 10]), ([10, 80], [25, 0]),
    ([1, 1000], [29, 0]), ([1000, 1], [0, 39]),
  ])
  func putsThePictureIntoTheMiddle(size: [Int], start: [Int]) throws {
    let picture = try picture(size[0], size[1])
    let filled = try Letterbox(of: picture, width: 60, height: 80).fill(with: picture, bars: 255)
    #expect(filled.width == 60 && filled.height == 80)
    let dark = (0..<60 * 80).filter { filled.pixels[3 * $0..<3 * $0 + 3] == [9, 9, 9] }
    let columns = dark.map { $0 % 60 }, rows = dark.map { $0 / 60 }
    #expect(try [#require(columns.min()), #require(rows.min())] == start)
    let isCentered = abs(59 - columns.max()! - columns.min()!) <= 1 && abs(79 - rows.max()! - rows.min()!) <= 1
    #expect(isCentered)
    #expect(dark.count == (columns.max()! - columns.min()! + 1) * (rows.max()! - rows.min()! + 1))
  }

  @Test func findsTheWayBack() throws {
    let letterbox = try Letterbox(of: picture(120, 80), width: 60, height: 80)
    let box = letterbox.box(inPicture: Box(left: 10, top: 25, right: 30, bottom: 45))
    #expect(box == Box(left: 20, top: 10, right: 60, bottom: 50))
    let outside = letterbox.box(inPicture: Box(left: -5, top: 0, right: 70, bottom: 90))
    #expect(outside == Box(left: 0, top: 0, right: 120, bottom: 80))
  }
}

import InfoldImage
import InfoldTensor
import Testing

@Suite struct PNGEncodingTests {
  @Test(arguments: [[1, 1], [1, 7], [7, 1], [2, 2], [3, 5], [64, 48], [257, 3]])
  func decodesToTheSamePixels(size: [Int]) throws {
    var random = SplitMix64(seed: UInt64(size[0] * 1000 + size[1]))
    let pixels = (0..<(size[0] * size[1] * Picture.channels)).map { _ in UInt8.random(in: .min ... .max, using: &random)
    }
    let picture = try Picture(width: size[0], height: size[1], pixels: pixels)
    #expect(try Picture(bytes: picture.pngBytes()) == picture)
  }

  /// A uniform picture, which deflate compresses well.
  @Test func decodesAnEvenPicture() throws {
    let picture = try Picture(width: 300, height: 200, pixels: .init(repeating: 77, count: 300 * 200 * 3))
    let file = try picture.pngBytes()
    #expect(file.count < 2000)
    #expect(try Picture(bytes: file) == picture)
  }
}

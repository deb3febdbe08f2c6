import InfoldImage
import Testing

@Suite struct DecodingTests {
  static let names = Fixture.names(in: "decoding", Fixture.endings)

  @Test func fixturesAreThere() {
    #expect(Self.names.count > 75)
    for ending in Fixture.endings { #expect(Self.names.count { $0.hasSuffix(ending) } >= 8, "\(ending)") }
  }

  @Test(arguments: names)
  func decodesWhatPillowDecodes(name: String) throws {
    let picture = try Picture(path: Fixture.path("decoding/\(name)"))
    #expect(largestDifference(picture, try Fixture.ppm("decoding/\(name).ppm")) == 0)
  }

  @Test(arguments: names)
  func decodesFromMemory(name: String) throws {
    let bytes = try Fixture.bytes("decoding/\(name)")
    #expect(try Picture(bytes: bytes) == Picture(path: Fixture.path("decoding/\(name)")))
  }

  @Test(arguments: names)
  func ignoresWhatFollowsTheEnd(name: String) throws {
    let bytes = try Fixture.bytes("decoding/\(name)")
    #expect(try Picture(bytes: bytes + [0xFF, 0xD8, 0xFF, 0, 1, 2]) == Picture(bytes: bytes))
  }

  @Test(arguments: Fixture.names(in: "broken-exif", [".jpg"]))
  func ignoresBrokenExif(name: String) throws {
    let picture = try Picture(path: Fixture.path("broken-exif/\(name)"))
    #expect(picture == (try Picture(path: Fixture.path("decoding/baseline.jpg"))))
  }

  @Test func brokenExifFixturesAreThere() {
    #expect(Fixture.names(in: "broken-exif", [".jpg"]).count == 11)
  }

  @Test(arguments: ["baseline.jpg", "progressive.jpg", "grey.jpg"])
  func toleratesPaddingBehindTheLastScan(name: String) throws {
    let bytes = try Fixture.bytes("decoding/\(name)")
    let padded = bytes.dropLast(2) + [0, 0, 0] + bytes.suffix(2)
    #expect(try Picture(bytes: Array(padded)) == Picture(bytes: bytes))
  }

  /// The scan lacks some bytes in the middle, and the file also has padding that would be tolerated.
  @Test func doesNotTakeDamageForPadding() throws {
    var bytes = try Fixture.bytes("decoding/restart-markers.jpg")
    let marker = try #require(bytes.indices.dropLast().first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xD0 })
    bytes.removeSubrange(marker - 3..<marker + 2)
    let padded = bytes.dropLast(2) + [0, 0, 0] + bytes.suffix(2)
    expectError(.malformedData, "libjpeg-turbo cannot decode it") { _ = try Picture(bytes: Array(padded)) }
  }
}

@Suite struct OrientationTests {
  /// The pixels 0 1 2 / 3 4 5, as the red channel of a picture.
  static let stored = Picture(
    checkedWidth: 3, height: 2, pixels: (0..<6).flatMap { [$0, 0, 0] })

  static let upright: [(Orientation, [[UInt8]])] = [
    (.topLeft, [[0, 1, 2], [3, 4, 5]]),
    (.topRight, [[2, 1, 0], [5, 4, 3]]),
    (.bottomRight, [[5, 4, 3], [2, 1, 0]]),
    (.bottomLeft, [[3, 4, 5], [0, 1, 2]]),
    (.leftTop, [[0, 3], [1, 4], [2, 5]]),
    (.rightTop, [[3, 0], [4, 1], [5, 2]]),
    (.rightBottom, [[5, 2], [4, 1], [3, 0]]),
    (.leftBottom, [[2, 5], [1, 4], [0, 3]]),
  ]

  @Test(arguments: upright)
  func turnsUpright(orientation: Orientation, rows: [[UInt8]]) {
    let picture = Self.stored.upright(from: orientation)
    #expect(picture.width == rows[0].count && picture.height == rows.count)
    #expect(picture.pixels == rows.joined().flatMap { [$0, 0, 0] })
  }
}

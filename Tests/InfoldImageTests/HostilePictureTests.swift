import InfoldGraph
import Testing

import InfoldImage

@Suite struct HostilePictureTests {
  static let refused: [(name: String, code: InfoldError.Code, text: String)] = [
    ("arithmetic.jpg", .unsupported, "arithmetic-coded JPEG pictures are not supported"),
    ("huge.jpg", .limitExceeded, "60000×60000"),
    ("huge-progressive.jpg", .limitExceeded, "60000×60000"),
    ("too-little-data.jpg", .malformedData, "too few for a JPEG picture of 9000×9000 pixels"),
    ("too-many-scans.jpg", .malformedData, "more than 500 scans"),
    ("twelve-bits.jpg", .malformedData, "precision 12"),
    ("zero-height.jpg", .malformedData, "libjpeg-turbo cannot decode it"),
    ("zero-width.jpg", .malformedData, "libjpeg-turbo cannot decode it"),
    ("bit-depth-3.png", .malformedData, "libpng cannot decode it"),
    ("chunk-beyond-end.png", .malformedData, "cut off"),
    ("color-type-5.png", .malformedData, "libpng cannot decode it"),
    ("huge.png", .limitExceeded, "60000×60000"),
    ("no-data.png", .malformedData, "IEND: out of place"),
    ("no-palette.png", .malformedData, "libpng cannot decode it"),
    ("second-header.png", .malformedData, "libpng cannot decode it"),
    ("size-above-31-bits.png", .limitExceeded, "4294967295×4294967295"),
    ("too-little-data.png", .malformedData, "too few for a PNG picture of 9000×9000 pixels"),
    ("too-wide.png", .limitExceeded, "2147483647×1"),
    ("unknown-critical-chunk.png", .malformedData, "ABCD"),
    ("wrong-crc.png", .malformedData, "CRC"),
    ("zero-height.png", .malformedData, "9×0"),
    ("zero-width.png", .malformedData, "0×9"),
  ]

  @Test(arguments: refused)
  func refuses(name: String, code: InfoldError.Code, text: String) {
    let path = Fixture.path("refused/\(name)")
    expectError(code, text) { _ = try Picture(path: path) }
    expectError(code, name) { _ = try Picture(path: path) }
  }

  @Test func everyRefusedFixtureIsTested() {
    #expect(Fixture.names(in: "refused", ".jpg", ".png") == Self.refused.map(\.name).sorted())
  }

  static let damaged = [
    "baseline.jpg", "progressive.jpg", "restart-markers.jpg", "cmyk.jpg", "orientation-6.jpg", "rgb.png",
    "rgb-interlaced.png", "palette-transparent.png", "rgba-16-bit.png", "orientation-6.png",
  ]

  @Test(arguments: damaged)
  func refusesEveryTruncation(name: String) throws {
    let bytes = try Fixture.bytes("decoding/\(name)")
    for count in bytes.indices {
      #expect(throws: InfoldError.self, "\(count) bytes") { try Picture(bytes: Array(bytes.prefix(count))) }
    }
  }

  /// An error or a picture: what must not happen is a crash.
  @Test(arguments: damaged)
  func survivesEveryChangedByte(name: String) throws {
    var bytes = try Fixture.bytes("decoding/\(name)")
    var refusals = 0
    for index in bytes.indices {
      for change: UInt8 in [0x01, 0x80, 0xFF] {
        bytes[index] ^= change
        do { _ = try Picture(bytes: bytes, limits: ImageLimits(maximumPixels: 1 << 20)) } catch { refusals += 1 }
        bytes[index] ^= change
      }
    }
    #expect(refusals > 0)
  }

  @Test func refusesOtherFormats() {
    expectError(.unsupported, "is empty") { _ = try Picture(bytes: []) }
    expectError(.unsupported, "neither a JPEG nor a PNG") { _ = try Picture(bytes: Array("GIF89a".utf8)) }
    expectError(.unsupported, "neither a JPEG nor a PNG") { _ = try Picture(bytes: [0xFF, 0xD8]) }
    expectError(.malformedData, "damaged at byte 2") { _ = try Picture(bytes: [0xFF, 0xD8, 0xFF]) }
    expectError(.malformedData, "no frame header") { _ = try Picture(bytes: [0xFF, 0xD8, 0xFF, 0xD9]) }
    expectError(.malformedData, "header chunk") {
      _ = try Picture(bytes: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    }
  }

  @Test(arguments: ["baseline.jpg", "rgb.png"])
  func obeysItsLimits(name: String) throws {
    let bytes = try Fixture.bytes("decoding/\(name)")
    let (width, height) = (19, 13)
    #expect(throws: Never.self) {
      let exact = ImageLimits(maximumFileSize: bytes.count, maximumPixels: width * height, maximumSide: width)
      _ = try Picture(bytes: bytes, limits: exact)
    }
    expectError(.limitExceeded, "at most \(bytes.count - 1) are allowed") {
      _ = try Picture(bytes: bytes, limits: ImageLimits(maximumFileSize: bytes.count - 1))
    }
    expectError(.limitExceeded, "at most 246 are allowed") {
      _ = try Picture(bytes: bytes, limits: ImageLimits(maximumPixels: width * height - 1))
    }
    expectError(.limitExceeded, "at most 18 a side") {
      _ = try Picture(bytes: bytes, limits: ImageLimits(maximumSide: width - 1))
    }
  }

  /// With no limits of one's own, those of the formats keep every product of sizes within an `Int`.
  @Test(arguments: ["huge.png", "too-wide.png", "size-above-31-bits.png", "huge.jpg", "huge-progressive.jpg"])
  func refusesHugeSizesWithoutLimits(name: String) {
    let limits = ImageLimits(maximumFileSize: .max, maximumPixels: .max, maximumSide: .max)
    #expect(throws: InfoldError.self) { try Picture(path: Fixture.path("refused/\(name)"), limits: limits) }
  }

  @Test func limitsScansByTheirPixels() throws {
    let bytes = try Fixture.bytes("decoding/many-scans.jpg")
    let (scans, pixels) = (379, 8 * 8)
    #expect(throws: Never.self) {
      try Picture(bytes: bytes, limits: ImageLimits(maximumPixels: scans * pixels / 16))
    }
    expectError(.limitExceeded, "too large for its 379 scans") {
      _ = try Picture(bytes: bytes, limits: ImageLimits(maximumPixels: scans * pixels / 16 - 1))
    }
  }
}

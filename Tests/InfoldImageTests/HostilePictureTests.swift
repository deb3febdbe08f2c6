import InfoldImage
import InfoldSystem
import Testing

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
    ("canvas-of-another-size.webp", .malformedData, "libwebp cannot decode it: the data is damaged"),
    ("chunk-beyond-end.webp", .malformedData, "cut off or damaged"),
    ("damaged.webp", .malformedData, "libwebp cannot decode it: the data is damaged"),
    ("frame-of-another-size.webp", .malformedData, "does not have its declared size"),
    ("frame-outside.webp", .malformedData, "exceeds its 20×17 pixels"),
    ("frame-without-canvas.webp", .malformedData, "cut off or damaged"),
    ("huge-canvas.webp", .limitExceeded, "16777216×16777216"),
    ("huge.webp", .limitExceeded, "16383×16383"),
    ("no-chunks.webp", .malformedData, "cut off or damaged"),
    ("no-frame.webp", .malformedData, "an animation without a frame"),
    ("too-little-data.webp", .malformedData, "too few for a WebP picture of 9000×9000 pixels"),
    ("code-size-0.gif", .malformedData, "codes of 0 bits"),
    ("code-size-9.gif", .malformedData, "codes of 9 bits"),
    ("color-outside.gif", .malformedData, "of a table of 8"),
    ("early-end.gif", .malformedData, "data for 123 of 247 pixels"),
    ("far-frame.gif", .limitExceeded, "65019×65013"),
    ("huge.gif", .limitExceeded, "60000×60000"),
    ("no-first-code.gif", .malformedData, "the code 18 before it is defined"),
    ("no-frame.gif", .malformedData, "has no frame"),
    ("no-table.gif", .malformedData, "has no color table"),
    ("no-trailer.gif", .malformedData, "cut off"),
    ("too-few-codes.gif", .malformedData, "data for 123 of 247 pixels"),
    ("too-little-data.gif", .malformedData, "too few for a GIF picture of 9000×9000 pixels"),
    ("undefined-code.gif", .malformedData, "before it is defined"),
    ("unknown-block.gif", .malformedData, "an unknown block at byte 61"),
    ("zero-height.gif", .malformedData, "19×0"),
    ("zero-width.gif", .malformedData, "0×13"),
    ("bits-2.bmp", .unsupported, "2 bits per pixel"),
    ("color-outside.bmp", .malformedData, "of a palette of 8"),
    ("embedded-jpeg.bmp", .unsupported, "the compression 4"),
    ("header-of-13-bytes.bmp", .unsupported, "a header of 13 bytes"),
    ("huge.bmp", .limitExceeded, "60000×60000"),
    ("lowest-height.bmp", .limitExceeded, "19×2147483648"),
    ("mask-with-a-hole.bmp", .malformedData, "invalid color masks"),
    ("negative-width.bmp", .malformedData, "-19×13"),
    ("no-end-of-runs.bmp", .malformedData, "cut off"),
    ("no-mask.bmp", .malformedData, "invalid color masks"),
    ("no-palette.bmp", .malformedData, "ends inside its palette"),
    ("rows-beyond-end.bmp", .malformedData, "cut off"),
    ("runs-of-24-bits.bmp", .unsupported, "24 bits per pixel"),
    ("runs-outside.bmp", .malformedData, "pixels outside its 19×13"),
    ("stretch-outside.bmp", .malformedData, "pixels outside its 19×13"),
    ("too-few-rows.bmp", .malformedData, "cut off"),
    ("too-little-data.bmp", .malformedData, "too few for a BMP picture of 9000×9000 pixels"),
    ("top-down-runs.bmp", .malformedData, "compressed and stored top-down"),
    ("zero-height.bmp", .malformedData, "19×0"),
    ("zero-width.bmp", .malformedData, "0×13"),
  ]

  @Test(arguments: refused)
  func refuses(name: String, code: InfoldError.Code, text: String) {
    let path = Fixture.path("refused/\(name)")
    expectError(code, text) { _ = try Picture(path: path) }
    expectError(code, name) { _ = try Picture(path: path) }
  }

  @Test func everyRefusedFixtureIsTested() {
    #expect(Fixture.names(in: "refused", Fixture.endings) == Self.refused.map(\.name).sorted())
  }

  static let damaged = [
    "baseline.jpg", "progressive.jpg", "restart-markers.jpg", "cmyk.jpg", "orientation-6.jpg", "rgb.png",
    "rgb-interlaced.png", "palette-transparent.png", "rgba-16-bit.png", "orientation-6.png", "lossy.webp",
    "lossless-alpha.webp", "lossy-alpha.webp", "orientation-3.webp", "animated.webp", "animated-inside.webp",
    "palette.gif", "interlaced.gif", "animated.gif", "smaller-frame.gif", "many-clears.gif", "rgb.bmp",
    "os2-palette.bmp",
    "palette-4-bit.bmp", "masks-v5.bmp", "rgb-16-bit.bmp", "runs-8.bmp", "runs-4.bmp",
  ]

  @Test(arguments: damaged)
  func refusesEveryTruncation(name: String) throws {
    let bytes = try Fixture.bytes("decoding/\(name)")
    for count in bytes.indices {
      #expect(throws: InfoldError.self, "\(count) bytes") { try Picture(bytes: Array(bytes.prefix(count))) }
    }
  }

  /// Decoding returns a picture or throws an error, and never crashes.
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
    expectError(.malformedData, "is empty") { _ = try Picture(bytes: []) }
    let list = "unsupported picture format; supported are JPEG, PNG, WebP, GIF and BMP; convert"
    for bytes in [[0xFF, 0xD8], Array("GIF88a".utf8), Array("RIFF1234WAVE".utf8), Array("MB".utf8)] as [[UInt8]] {
      expectError(.unsupported, list) { _ = try Picture(bytes: bytes) }
    }
    expectError(.malformedData, "the GIF picture is cut off") { _ = try Picture(bytes: Array("GIF89a".utf8)) }
    expectError(.malformedData, "ends inside its header") { _ = try Picture(bytes: Array("BM".utf8)) }
    expectError(.malformedData, "damaged at byte 2") { _ = try Picture(bytes: [0xFF, 0xD8, 0xFF]) }
    expectError(.malformedData, "no frame header") { _ = try Picture(bytes: [0xFF, 0xD8, 0xFF, 0xD9]) }
    expectError(.malformedData, "header chunk") {
      _ = try Picture(bytes: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    }
  }

  @Test(arguments: ["baseline.jpg", "rgb.png", "lossless.webp", "animated.webp", "palette.gif", "rgb.bmp"])
  func obeysItsLimits(name: String) throws {
    let bytes = try Fixture.bytes("decoding/\(name)")
    let (width, height) = (19, 13)
    #expect(throws: Never.self) {
      let exact = ImageLimits(maximumFileSize: bytes.count, maximumPixels: width * height, maximumSide: width)
      _ = try Picture(bytes: bytes, limits: exact)
    }
    expectError(.limitExceeded, "the limit is \(bytes.count - 1)") {
      _ = try Picture(bytes: bytes, limits: ImageLimits(maximumFileSize: bytes.count - 1))
    }
    expectError(.limitExceeded, "the limit is 246 pixels") {
      _ = try Picture(bytes: bytes, limits: ImageLimits(maximumPixels: width * height - 1))
    }
    expectError(.limitExceeded, "the limit is 18 per side") {
      _ = try Picture(bytes: bytes, limits: ImageLimits(maximumSide: width - 1))
    }
  }

  /// Even if the caller disables all limits, the limits of the formats keep every product of sizes within an `Int`.
  @Test(
    arguments: ["huge.png", "too-wide.png", "size-above-31-bits.png", "huge.jpg", "huge-progressive.jpg"]
      + ["huge.webp", "huge-canvas.webp", "huge.gif", "far-frame.gif", "huge.bmp", "lowest-height.bmp"])
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
    expectError(.limitExceeded, "too many for its 379 scans") {
      _ = try Picture(bytes: bytes, limits: ImageLimits(maximumPixels: scans * pixels / 16 - 1))
    }
  }
}

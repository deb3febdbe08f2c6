import InfoldImage
import InfoldSystem
import Testing

@Suite struct PixelFormatTests {
  /// 2×2 pixels with their red, green and blue values.
  private static let colors: [(red: UInt8, green: UInt8, blue: UInt8)] = [
    (1, 2, 3), (4, 5, 6), (7, 8, 9), (10, 11, 12),
  ]

  private static func bytes(_ format: PixelFormat, padding: Int = 0) -> [UInt8] {
    let pixels = colors.map { red, green, blue -> [UInt8] in
      switch format {
      case .rgb: [red, green, blue]
      case .bgr: [blue, green, red]
      case .rgba: [red, green, blue, 99]
      case .bgra: [blue, green, red, 99]
      case .argb: [99, red, green, blue]
      case .grey: [red]
      }
    }
    let gap = [UInt8](repeating: 77, count: padding)
    return pixels[0] + pixels[1] + gap + pixels[2] + pixels[3]
  }

  @Test(arguments: PixelFormat.allCases, [0, 1, 5]) func reads(format: PixelFormat, padding: Int) throws {
    let bytes = Self.bytes(format, padding: padding)
    let picture = try Picture(
      width: 2, height: 2, format: format, bytesPerRow: padding == 0 ? nil : 2 * format.bytesPerPixel + padding,
      bytes: bytes.span)
    let expected = Self.colors.flatMap { format == .grey ? [$0.red, $0.red, $0.red] : [$0.red, $0.green, $0.blue] }
    #expect(picture.pixels == expected && picture.width == 2 && picture.height == 2)
    // Bytes after the last row are ignored.
    let longer = bytes + [1, 2, 3, 4, 5, 6, 7]
    #expect(
      try Picture(
        width: 2, height: 2, format: format, bytesPerRow: 2 * format.bytesPerPixel + padding, bytes: longer.span)
        == picture)
  }

  @Test(arguments: PixelFormat.allCases) func refusesTooFewBytes(format: PixelFormat) {
    let bytes = Self.bytes(format, padding: 3).dropLast()
    expectError(.invalidArgument, "\(bytes.count) bytes are too few for 2 rows of \(2 * format.bytesPerPixel) bytes") {
      _ = try Picture(
        width: 2, height: 2, format: format, bytesPerRow: 2 * format.bytesPerPixel + 3, bytes: Array(bytes).span)
    }
  }

  @Test(arguments: [(0, 1), (1, 0), (-1, -1), (.min, 2)]) func refusesSizesBelowOne(width: Int, height: Int) {
    expectError(.invalidArgument, "cannot have") {
      _ = try Picture(width: width, height: height, format: .rgb, bytes: [1, 2, 3].span)
    }
  }

  @Test(arguments: [5, 0, -6, .min]) func refusesRowsThatOverlap(bytesPerRow: Int) {
    expectError(.invalidArgument, "rows of 6 bytes would overlap") {
      _ = try Picture(
        width: 2, height: 2, format: .rgb, bytesPerRow: bytesPerRow, bytes: [UInt8](repeating: 0, count: 12).span)
    }
  }

  @Test func staysWithinLimits() throws {
    for (width, height) in [(Int.max, Int.max), (65_536, 1), (1, 65_536), (60_000, 60_000)] {
      expectError(.limitExceeded, "\(width)×\(height)") {
        _ = try Picture(width: width, height: height, format: .grey, bytes: [0].span)
      }
    }
    expectError(.invalidArgument, "too few") {
      _ = try Picture(width: 1, height: 3, format: .grey, bytesPerRow: .max, bytes: [0, 0, 0].span)
    }
    let four = [UInt8](repeating: 9, count: 4)
    let limits = ImageLimits(maximumPixels: 3)
    expectError(.limitExceeded, "2×2") {
      _ = try Picture(width: 2, height: 2, format: .grey, bytes: four.span, limits: limits)
    }
  }
}

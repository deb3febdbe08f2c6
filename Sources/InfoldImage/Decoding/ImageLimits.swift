import InfoldSystem
import InfoldTensor

/// What a picture may cost. Everything is checked before the memory is asked for.
///
/// Decoding takes the file, 3 bytes per pixel (4 for PNG with alpha and CMYK), another 3 where the picture must be
/// turned upright, for a progressive JPEG 2 more bytes per pixel and channel inside libjpeg, and for a lossless WebP 4 more
/// inside libwebp. A file that is too short to hold as many pixels as it declares is refused as well, so a small file never
/// costs much memory: even of WebP and GIF, which pack one color into next to nothing, at most some 65,536 pixels a byte. Nor much
/// time: each scan of a progressive JPEG visits every pixel, and all of them together may visit 16 times
/// `maximumPixels` (at most 500 scans in any case).
public struct ImageLimits: Sendable, Hashable {
  /// The largest file, in bytes.
  public var maximumFileSize: Int
  /// The most pixels: width times height.
  public var maximumPixels: Int
  /// The largest width and the largest height. Above 1,000,000, libpng's own limit holds.
  public var maximumSide: Int

  /// Limits, by default 256 MiB, 100 megapixels and 65,535 pixels a side.
  public init(maximumFileSize: Int = 256 << 20, maximumPixels: Int = 100_000_000, maximumSide: Int = 65_535) {
    self.maximumFileSize = maximumFileSize
    self.maximumPixels = maximumPixels
    self.maximumSide = maximumSide
  }

  /// Refuses a picture of no pixels, and one of too many.
  func check(width: Int, height: Int) throws(InfoldError) {
    guard width > 0, height > 0 else {
      throw InfoldError(.malformedData, "the picture declares a size of \(width)×\(height) pixels")
    }
    let side = min(maximumSide, 1_000_000)
    guard width <= side, height <= side else {
      throw InfoldError(
        .limitExceeded, "the picture is \(width)×\(height) pixels large, and at most \(side) a side are allowed")
    }
    guard width * height <= maximumPixels else {
      throw InfoldError(
        .limitExceeded, "the picture is \(width)×\(height) pixels large, and at most \(maximumPixels) are allowed")
    }
  }

  /// Refuses a JPEG whose scans would take too long.
  func check(scanCount: Int, width: Int, height: Int) throws(InfoldError) {
    guard let visits = checkedProduct([scanCount, width, height]), visits / 16 <= maximumPixels else {
      throw InfoldError(
        .limitExceeded,
        "the JPEG picture is \(width)×\(height) pixels large, and too large for its \(counted(scanCount, "scan"))",
        hint: "save the picture as a baseline JPEG")
    }
  }
}

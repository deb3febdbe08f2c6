import InfoldSystem
import InfoldTensor

/// Limits for decoding a picture. They are checked before memory is allocated.
///
/// Decoding needs the file and 3 bytes per pixel (4 for PNG with alpha and for CMYK). Turning the
/// picture upright needs 3 more. A progressive JPEG needs 2 more bytes per pixel and channel inside
/// libjpeg, and a lossless WebP 4 more per pixel inside libwebp.
///
/// A file too short for the pixels that it declares is rejected, so small files never need much
/// memory: at most about 65,536 pixels per byte, even for WebP and GIF, which compress a single
/// color extremely well. Time is limited too: each scan of a progressive JPEG visits every pixel,
/// and all scans together may visit at most 16 times `maximumPixels` (and at most 500 scans in any
/// case).
public struct ImageLimits: Sendable, Hashable {
  /// The maximum file size in bytes.
  public var maximumFileSize: Int
  /// The maximum number of pixels: width times height.
  public var maximumPixels: Int
  /// The maximum width and height. Above 1,000,000, libpng's own limit applies.
  public var maximumSide: Int

  /// Creates limits, by default 256 MiB, 100 megapixels and 65,535 pixels per side.
  public init(maximumFileSize: Int = 256 << 20, maximumPixels: Int = 100_000_000, maximumSide: Int = 65_535) {
    self.maximumFileSize = maximumFileSize
    self.maximumPixels = maximumPixels
    self.maximumSide = maximumSide
  }

  /// Throws if the picture has no pixels or exceeds a limit.
  func check(width: Int, height: Int) throws(InfoldError) {
    guard width > 0, height > 0 else {
      throw InfoldError(.malformedData, "the picture declares a size of \(width)×\(height) pixels")
    }
    let side = min(maximumSide, 1_000_000)
    guard width <= side, height <= side else {
      throw InfoldError(
        .limitExceeded, "the picture has \(width)×\(height) pixels, but the limit is \(side) per side")
    }
    guard width * height <= maximumPixels else {
      throw InfoldError(
        .limitExceeded, "the picture has \(width)×\(height) pixels, but the limit is \(maximumPixels) pixels")
    }
  }

  /// Throws if the scans of a JPEG would take too long.
  func check(scanCount: Int, width: Int, height: Int) throws(InfoldError) {
    guard let visits = checkedProduct([scanCount, width, height]), visits / 16 <= maximumPixels else {
      throw InfoldError(
        .limitExceeded,
        "the JPEG picture has \(width)×\(height) pixels, too many for its \(counted(scanCount, "scan"))",
        hint: "save the picture as a baseline JPEG")
    }
  }
}
